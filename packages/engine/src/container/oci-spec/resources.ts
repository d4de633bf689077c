/** `linux.resources`: limits of the container's cgroup and the devices that it may use. */
import type { Limits } from "@podwright/spec/engine-api/common";
import type { RuntimeResources } from "@podwright/spec/oci-runtime/spec";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { deviceRules } from "./devices.ts";
import type { SpecFacts } from "./live.ts";

export function buildResources(config: ContainerConfig, facts: SpecFacts): RuntimeResources {
  return { devices: deviceRules(config, facts), ...limitResources(config.limits) };
}

/** The part that limits ask for; nothing where they ask for nothing. */
export function limitResources(limits: Limits): RuntimeResources {
  return {
    ...part("memory", {
      limit: limits.memory,
      reservation: limits.memoryReservation,
      swap: limits.memorySwap,
      swappiness: limits.memorySwappiness,
    }),
    ...part("cpu", {
      shares: limits.cpuShares,
      quota: limits.cpuQuota,
      period: limits.cpuPeriod,
      cpus: limits.cpusetCpus,
      mems: limits.cpusetMems,
    }),
    ...part("pids", { limit: limits.pids }),
    ...part("blockIO", { weight: limits.blkioWeight }),
  };
}

function part(
  key: keyof RuntimeResources,
  values: Readonly<Record<string, string | number | undefined>>,
): RuntimeResources {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return set.length === 0 ? {} : { [key]: Object.fromEntries(set) };
}
