/** Which capabilities the container's processes may ever have. */
import { normalizeCapability } from "@podwright/spec/values/capability";
import { invalidConfig } from "./inputs.ts";

export interface CapabilityInputs {
  readonly privileged: boolean;
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly defaults: readonly string[];
  /** The engine cannot give what it has not. */
  readonly bounding: readonly string[];
}

/** CAP_ names, sorted. @throws CONTAINER_INVALID */
export function resolveCapabilities(inputs: CapabilityInputs): string[] {
  if (inputs.privileged) return [...inputs.bounding].sort();
  return merge(inputs).filter((name) => inputs.bounding.includes(name));
}

function merge({ add, drop, defaults, bounding }: CapabilityInputs): string[] {
  const added = normalize(add);
  const dropped = normalize(drop);
  if (dropped.includes("ALL")) {
    if (added.includes("ALL")) throw invalidConfig("adding all caps and removing all caps not allowed");
    return added;
  }
  const base = added.includes("ALL") ? [...bounding] : normalize(defaults);
  const extra = added.includes("ALL") ? [] : added;
  const both = extra.find((name) => dropped.includes(name));
  if (both !== undefined) {
    throw invalidConfig(`capability ${JSON.stringify(both)} cannot be dropped and added`);
  }
  const all = new Set([...base, ...extra].filter((name) => !dropped.includes(name)));
  return [...all].sort();
}

function normalize(names: readonly string[]): string[] {
  return [...new Set(names.map(normalizeCapability))].sort();
}
