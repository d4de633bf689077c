/** Limits of a pod's own cgroup, as the runtime specification words them. */
import type { Limits } from "@podwright/spec/engine-api/common";
import type { RuntimeResources } from "@podwright/spec/oci-runtime/spec";

export function podResources(limits: Limits): RuntimeResources {
  const memory = defined({
    limit: limits.memory,
    reservation: limits.memoryReservation,
    swap: limits.memorySwap,
  });
  const cpu = defined({
    quota: limits.cpuQuota,
    period: limits.cpuPeriod,
    shares: limits.cpuShares,
    cpus: limits.cpusetCpus,
    mems: limits.cpusetMems,
  });
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(limits.pids === undefined ? {} : { pids: { limit: limits.pids } }),
    ...(limits.blkioWeight === undefined ? {} : { blockIO: { weight: limits.blkioWeight } }),
  };
}

type Defined<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Without the members that are undefined; undefined when none is left. */
function defined<T extends Record<string, unknown>>(values: T): Defined<T> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Defined<T>);
}
