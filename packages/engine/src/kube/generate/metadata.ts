/** Parts of metadata: times, labels, annotations that the API server would take. */
import type { Labels } from "@podwright/spec/engine-api/common";
import { whenFilled } from "./members.ts";
import { isLabelValue, isQualifiedName } from "./names.ts";

/** All annotations of an object together, in bytes. */
const ANNOTATIONS_LIMIT = 256 * 1024;

type Lost = (text: string) => void;

export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

export function validLabels(labels: Labels, lost: Lost): Labels | undefined {
  const valid = Object.entries(labels).filter(([key, value]) => {
    if (isQualifiedName(key) && isLabelValue(value)) return true;
    lost(`the label ${key}=${value} is left out: Kubernetes takes no such label`);
    return false;
  });
  return whenFilled(Object.fromEntries(valid));
}

/** The longest go first where all together are too long; `whole` keeps them. */
export function validAnnotations(annotations: Labels, whole: boolean, lost: Lost): Labels | undefined {
  const valid = Object.entries(annotations).filter(([key]) => {
    if (isQualifiedName(key)) return true;
    lost(`the annotation ${key} is left out: Kubernetes takes no such name`);
    return false;
  });
  const size = ([key, value]: readonly [string, string]): number =>
    Buffer.byteLength(key) + Buffer.byteLength(value);
  let total = valid.reduce((sum, entry) => sum + size(entry), 0);
  const kept = new Map(valid);
  for (const entry of valid.toSorted((a, b) => size(b) - size(a))) {
    if (whole || total <= ANNOTATIONS_LIMIT) break;
    total -= size(entry);
    kept.delete(entry[0]);
    lost(`the annotation ${entry[0]} is left out: all together are longer than 256 KiB`);
  }
  return whenFilled(Object.fromEntries(kept));
}
