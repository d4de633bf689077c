/** Limits of a pod or container that change while it runs. */
import type { Limits } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RuntimeResources } from "@podwright/spec/oci-runtime/spec";
import { limitResources } from "./oci-spec/resources.ts";

/** One cannot be written without the other. */
const TOGETHER: readonly (readonly (keyof Limits)[])[] = [
  ["memory", "memorySwap"],
  ["cpuPeriod", "cpuQuota"],
];

export interface ChangedLimits {
  /** All that hold then. */
  readonly limits: Limits;
  /** What has to be written. */
  readonly resources: RuntimeResources;
}

/** @throws CONTAINER_INVALID */
export function changedLimits(present: Limits, change: Limits): ChangedLimits {
  const limits = { ...present, ...change };
  const { memory, memorySwap } = limits;
  if (memory !== undefined && memorySwap !== undefined && memorySwap >= 0 && memorySwap < memory) {
    throw new EngineError(
      "CONTAINER_INVALID",
      "minimum memoryswap limit should be larger than memory limit, see usage",
    );
  }
  const touched = new Set(Object.keys(change));
  for (const group of TOGETHER) {
    if (group.some((key) => touched.has(key))) for (const key of group) touched.add(key);
  }
  const written = Object.fromEntries(Object.entries(limits).filter(([key]) => touched.has(key)));
  return { limits, resources: limitResources(written) };
}
