/** The five sets of capabilities of the container's first process (capabilities(7)). */
import { normalizeCapability } from "@podwright/spec/values/capability";
import type { RuntimeProcess } from "@podwright/spec/oci-runtime/spec";

export interface CapabilitySetInputs {
  /** The container's resolved capabilities. */
  readonly resolved: readonly string[];
  /** --cap-add. */
  readonly added: readonly string[];
  readonly bounding: readonly string[];
  readonly uid: number;
}

/**
 * Root has what the container may have, nothing inheritable (CVE-2022-27649). Another user has only what was added
 * by name: that must be inheritable too, or the kernel would not let it be ambient.
 */
export function capabilitySets(inputs: CapabilitySetInputs): NonNullable<RuntimeProcess["capabilities"]> {
  const bounding = inputs.resolved.filter((name) => inputs.bounding.includes(name));
  if (inputs.uid === 0) {
    return { bounding, effective: bounding, permitted: bounding, inheritable: [], ambient: [] };
  }
  const named = inputs.added.map(normalizeCapability);
  const own = bounding.filter((name) => named.includes("ALL") || named.includes(name));
  return { bounding, effective: own, permitted: own, inheritable: own, ambient: own };
}
