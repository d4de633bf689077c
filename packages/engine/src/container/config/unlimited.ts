/** Limits where the engine's user has no cgroups: each is refused by name, or let go where that was accepted. */
import type { Limits } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Settings } from "../../ports/settings.ts";

const FLAGS: { readonly [K in keyof Limits]-?: string } = {
  memory: "--memory",
  memorySwap: "--memory-swap",
  memoryReservation: "--memory-reservation",
  memorySwappiness: "--memory-swappiness",
  cpuQuota: "--cpus",
  cpuPeriod: "--cpu-period",
  cpuShares: "--cpu-shares",
  cpusetCpus: "--cpuset-cpus",
  cpusetMems: "--cpuset-mems",
  pids: "--pids-limit",
  blkioWeight: "--blkio-weight",
};

/** The user has none, and is not root, who always has. */
export function hasNoCgroups(settings: Pick<Settings, "cgroup">): boolean {
  return settings.cgroup === "";
}

/** @throws CGROUP_NOT_DELEGATED unless `accepted`; then what is not applied is told. */
export function letGoOfLimits(limits: Limits, accepted: boolean, warn: (text: string) => void): void {
  // No limit is what there is.
  const { memorySwap: _implied, ...others } = limits;
  // That of swap comes with the one of memory.
  const asked = limits.memory === undefined ? limits : others;
  const names = Object.entries(asked).flatMap(([key, value]) =>
    value === undefined || value === -1 || !isLimit(key) ? [] : [FLAGS[key]],
  );
  if (names.length === 0) return;
  const shown = [...new Set(names)].join(", ");
  if (accepted) return warn(`${shown} not applied: this user has no cgroups`);
  throw new EngineError("CGROUP_NOT_DELEGATED", `${shown} cannot be applied: this user has no cgroups`, {
    hint:
      "limits need cgroup v2 and systemd's delegation to the user (and a login that has it); " +
      'to run without them, say --cgroups=disabled or set cgroups="disabled" in [containers] of containers.conf',
  });
}

function isLimit(key: string): key is keyof Limits {
  return Object.hasOwn(FLAGS, key);
}
