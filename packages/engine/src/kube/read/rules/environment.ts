/** `env` and `envFrom` of a container. */
import type { Container, EnvVar, EnvVarSource } from "@podwright/spec/kube/types";
import type { FieldPath } from "../../manifest.ts";
import { checkFieldPath, checkResourceField } from "./downward.ts";
import { configKeyProblem, dnsSubdomainProblem, envNameProblem } from "./names.ts";
import type { Rules } from "./rule-context.ts";

export function checkEnvironment(
  rules: Rules,
  container: Container,
  at: FieldPath,
  containers: ReadonlySet<string>,
): void {
  for (const [index, variable] of (container.env ?? []).entries())
    checkVariable(rules, variable, [...at, "env", index], containers);
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    const path = [...at, "envFrom", index];
    const chosen = rules.exactlyOne(path, source, ["configMapRef", "secretRef"], "envFrom needs a source");
    if (chosen === "configMapRef" || chosen === "secretRef")
      rules.name([...path, chosen, "name"], source[chosen]?.name, dnsSubdomainProblem);
    if (source.prefix !== undefined && source.prefix !== "")
      rules.report([...path, "prefix"], envNameProblem(source.prefix));
  }
}

function checkVariable(rules: Rules, variable: EnvVar, at: FieldPath, containers: ReadonlySet<string>): void {
  rules.name([...at, "name"], variable.name, envNameProblem);
  const { valueFrom } = variable;
  if (valueFrom === undefined) return;
  if ((variable.value ?? "") !== "")
    rules.findings.errorAtKey([...at, "valueFrom"], 'forbidden: "value" is set too, one of them must go');
  checkValueSource(rules, valueFrom, [...at, "valueFrom"], containers);
}

function checkValueSource(
  rules: Rules,
  source: EnvVarSource,
  at: FieldPath,
  containers: ReadonlySet<string>,
): void {
  const choices = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"] as const;
  if (source.fileKeyRef === undefined) rules.exactlyOne(at, source, choices, "valueFrom needs a source");
  const { fieldRef, resourceFieldRef } = source;
  if (fieldRef !== undefined) checkFieldPath(rules, fieldRef, [...at, "fieldRef"], "variable");
  if (resourceFieldRef !== undefined) {
    // In a variable the container is the variable's own unless another is named.
    const named = (resourceFieldRef.containerName ?? "") === "" ? undefined : containers;
    checkResourceField(rules, resourceFieldRef, [...at, "resourceFieldRef"], named);
  }
  for (const name of ["configMapKeyRef", "secretKeyRef"] as const) {
    if (source[name] === undefined) continue;
    rules.name([...at, name, "name"], source[name].name, dnsSubdomainProblem);
    rules.name([...at, name, "key"], source[name].key, configKeyProblem);
  }
}
