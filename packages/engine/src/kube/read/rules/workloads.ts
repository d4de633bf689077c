/** Objects by kind: what Pods, Deployments, DaemonSets, Jobs and claims demand beyond their schema. */
import { parseQuantity } from "@podwright/spec/kube/quantity";
import type { SupportTable } from "@podwright/spec/kube/support";
import type {
  JobSpec,
  LabelSelector,
  LabelSelectorRequirement,
  PersistentVolumeClaim,
  PodTemplateSpec,
} from "@podwright/spec/kube/types";
import type { FieldPath } from "../../manifest.ts";
import { type TypedObject } from "../../typed-object.ts";
import { unsupportedValue } from "../structure.ts";
import { checkConfigMap, checkSecret } from "./config-data.ts";
import { checkLabel, checkLabels, checkObjectMeta } from "./metadata.ts";
import { invalid } from "./names.ts";
import { checkPodSpec } from "./pod.ts";
import type { Rules } from "./rule-context.ts";

const TEMPLATE: FieldPath = ["spec", "template"];

export function checkObject(rules: Rules, object: TypedObject, support: SupportTable): void {
  checkObjectMeta(rules, object.metadata);
  switch (object.kind) {
    case "ConfigMap":
      return checkConfigMap(rules, object);
    case "Secret":
      return checkSecret(rules, object);
    case "PersistentVolumeClaim":
      return checkClaim(rules, object);
    case "Pod":
      if (object.spec === undefined) rules.required(["spec"]);
      else checkPodSpec(rules, object.spec, ["spec"], support);
      return;
    case "Job":
    case "Deployment":
    case "DaemonSet":
      if (object.spec === undefined) return rules.required(["spec"]);
      checkTemplate(rules, object.spec.template, support);
      if (object.kind === "Job") return checkJob(rules, object.spec);
      if (object.kind === "Deployment") rules.atLeast(["spec", "replicas"], object.spec.replicas, 0);
      checkSelector(rules, object.spec.selector, object.spec.template);
      if ((object.spec.template.spec?.restartPolicy ?? "Always") !== "Always")
        unsupportedValue(
          rules.findings,
          [...TEMPLATE, "spec", "restartPolicy"],
          object.spec.template.spec?.restartPolicy ?? "",
          ["Always"],
        );
  }
}

function checkTemplate(rules: Rules, template: PodTemplateSpec, support: SupportTable): void {
  if (template.metadata !== undefined) checkLabels(rules, template.metadata, [...TEMPLATE, "metadata"]);
  if (template.spec === undefined) rules.required([...TEMPLATE, "spec"]);
  else checkPodSpec(rules, template.spec, [...TEMPLATE, "spec"], support);
}

function checkJob(rules: Rules, spec: JobSpec): void {
  for (const name of ["backoffLimit", "activeDeadlineSeconds", "completions", "parallelism"] as const)
    rules.atLeast(["spec", name], spec[name], 0);
  const path = [...TEMPLATE, "spec", "restartPolicy"];
  const policy = spec.template.spec?.restartPolicy;
  if (policy === undefined && spec.template.spec !== undefined)
    rules.required(path, 'a job\'s pod has "OnFailure" or "Never"');
  else if (policy === "Always") unsupportedValue(rules.findings, path, policy, ["OnFailure", "Never"]);
}

function checkSelector(rules: Rules, selector: LabelSelector, template: PodTemplateSpec): void {
  const at: FieldPath = ["spec", "selector"];
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (Object.keys(matchLabels).length + matchExpressions.length === 0)
    return rules.required(at, "it names labels of spec.template.metadata.labels");
  const labels = template.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(matchLabels)) {
    checkLabel(rules, [...at, "matchLabels"], key, value);
    if (!Object.hasOwn(labels, key) || labels[key] !== value)
      mismatch(rules, [...at, "matchLabels", key], key, labels);
  }
  for (const [index, expression] of matchExpressions.entries())
    checkExpression(rules, expression, [...at, "matchExpressions", index], labels);
}

function mismatch(
  rules: Rules,
  path: FieldPath,
  key: string,
  labels: Readonly<Record<string, string>>,
): void {
  const has = Object.hasOwn(labels, key)
    ? `the template has "${key}: ${labels[key] ?? ""}"`
    : `the template has no label "${key}"`;
  rules.findings.error(path, "the selector does not match the labels of the template", has);
}

function checkExpression(
  rules: Rules,
  { key, operator, values = [] }: LabelSelectorRequirement,
  at: FieldPath,
  labels: Readonly<Record<string, string>>,
): void {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const listed = value !== undefined && values.includes(value);
  const wantsValues = operator === "In" || operator === "NotIn";
  if (wantsValues && values.length === 0) return rules.required([...at, "values"]);
  if (!wantsValues && values.length > 0)
    return rules.findings.errorAtKey([...at, "values"], `forbidden: the operator is "${operator}"`);
  switch (operator) {
    case "In":
      return listed ? undefined : mismatch(rules, at, key, labels);
    case "NotIn":
      return listed ? mismatch(rules, at, key, labels) : undefined;
    case "Exists":
      return value === undefined ? mismatch(rules, at, key, labels) : undefined;
    case "DoesNotExist":
      return value === undefined ? undefined : mismatch(rules, at, key, labels);
    default:
      unsupportedValue(rules.findings, [...at, "operator"], operator, [
        "In",
        "NotIn",
        "Exists",
        "DoesNotExist",
      ]);
  }
}

function checkClaim(rules: Rules, { spec }: PersistentVolumeClaim): void {
  if (spec === undefined) return rules.required(["spec"]);
  if ((spec.accessModes ?? []).length === 0)
    rules.required(["spec", "accessModes"], "for example [ReadWriteOnce]");
  const storage = spec.resources?.requests?.["storage"];
  const path = ["spec", "resources", "requests", "storage"];
  if (storage === undefined) rules.required(path, 'for example "1Gi"');
  else if ((parseQuantity(storage) ?? 1n) <= 0n) rules.report(path, invalid(storage, "must be more than 0"));
  if (spec.volumeMode === "Block")
    rules.findings.error(
      ["spec", "volumeMode"],
      "raw block volumes cannot be made here: volumes are directories",
    );
}
