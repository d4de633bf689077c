/** Names, labels and annotations of objects and of pod templates. */
import type { ObjectMeta } from "@podwright/spec/kube/types";
import type { FieldPath } from "../../manifest.ts";
import { dnsSubdomainProblem, labelValueProblem, qualifiedNameProblem } from "./names.ts";
import type { Rules } from "./rule-context.ts";

const MOST_ANNOTATION_BYTES = 256 * 1024;
/** Podman's own annotation has a path in its key. */
const WITH_PATH = /^bind-mount-options:/;

export function checkObjectMeta(rules: Rules, meta: ObjectMeta | undefined): void {
  if (meta === undefined) return rules.required(["metadata", "name"]);
  rules.name(["metadata", "name"], meta.name, dnsSubdomainProblem);
  checkLabels(rules, meta, ["metadata"]);
}

/** Of an object or a template, whose name means nothing. */
export function checkLabels(rules: Rules, meta: ObjectMeta, path: FieldPath): void {
  for (const [key, value] of Object.entries(meta.labels ?? {}))
    checkLabel(rules, [...path, "labels"], key, value);
  let bytes = 0;
  for (const [key, value] of Object.entries(meta.annotations ?? {})) {
    if (!WITH_PATH.test(key)) rules.reportKey([...path, "annotations", key], qualifiedNameProblem(key));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > MOST_ANNOTATION_BYTES)
    rules.findings.errorAtKey(
      [...path, "annotations"],
      `too long: at most ${MOST_ANNOTATION_BYTES} bytes, got ${bytes}`,
    );
}

export function checkLabel(rules: Rules, path: FieldPath, key: string, value: string): void {
  rules.reportKey([...path, key], qualifiedNameProblem(key));
  rules.report([...path, key], labelValueProblem(value));
}
