/** Limits of a user who may not set all: each that cannot be had is refused by name, or let go where that was accepted. */
import type { Limits } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Settings } from "../../ports/settings.ts";

interface LimitPlace {
  readonly flag: string;
  /** cgroups(7), version 2: an ordinary user has no other. */
  readonly controller: string;
}

const PLACES: { readonly [K in keyof Limits]-?: LimitPlace } = {
  memory: { flag: "--memory", controller: "memory" },
  memorySwap: { flag: "--memory-swap", controller: "memory" },
  memoryReservation: { flag: "--memory-reservation", controller: "memory" },
  memorySwappiness: { flag: "--memory-swappiness", controller: "memory" },
  cpuQuota: { flag: "--cpus", controller: "cpu" },
  cpuPeriod: { flag: "--cpu-period", controller: "cpu" },
  cpuShares: { flag: "--cpu-shares", controller: "cpu" },
  cpusetCpus: { flag: "--cpuset-cpus", controller: "cpuset" },
  cpusetMems: { flag: "--cpuset-mems", controller: "cpuset" },
  pids: { flag: "--pids-limit", controller: "pids" },
  blkioWeight: { flag: "--blkio-weight", controller: "io" },
};

type CgroupSettings = Pick<Settings, "cgroup" | "cgroupControllers">;

export interface LimitOptions {
  readonly settings: CgroupSettings;
  /** The user knows that limits may not hold. */
  readonly accepted: boolean;
  readonly warn: (text: string) => void;
}

/** The user has none, and is not root, who always has. */
export function hasNoCgroups({ cgroup }: CgroupSettings): boolean {
  return cgroup === "";
}

/** False for limits that would be refused. Root's are never looked at: the host says what it has when they are set. */
export function canLimit({ cgroupControllers }: CgroupSettings, limit: keyof Limits): boolean {
  return cgroupControllers?.includes(PLACES[limit].controller) ?? true;
}

/** @throws CGROUP_NOT_DELEGATED for those that cannot be had, unless `accepted`; then they are told and left out */
export function applicableLimits(limits: Limits, { settings, accepted, warn }: LimitOptions): Limits {
  const missing = namesOf(limits).filter((name) => !canLimit(settings, name));
  if (missing.length === 0) return limits;
  // That of swap comes with the one of memory; no limit is what there is.
  const told = missing.filter(
    (name) => limits[name] !== -1 && (name !== "memorySwap" || limits.memory === undefined),
  );
  if (told.length > 0) {
    const flags = told.map((name) => PLACES[name].flag).join(", ");
    const why = hasNoCgroups(settings)
      ? "this user has no cgroups"
      : `not delegated to this user: cgroup controller ${[...new Set(told.map((name) => PLACES[name].controller))].join(", ")}`;
    if (!accepted) throw refusal(`${flags} cannot be applied: ${why}`);
    warn(`${flags} not applied: ${why}`);
  }
  return Object.fromEntries(Object.entries(limits).filter(([name]) => !missing.some((key) => key === name)));
}

function namesOf(limits: Limits): (keyof Limits)[] {
  return Object.entries(limits).flatMap(([name, value]) =>
    value !== undefined && isLimit(name) ? [name] : [],
  );
}

function isLimit(name: string): name is keyof Limits {
  return Object.hasOwn(PLACES, name);
}

function refusal(message: string): EngineError {
  return new EngineError("CGROUP_NOT_DELEGATED", message, {
    hint:
      "limits need cgroup v2 and systemd's delegation to the user (and a login that has it); " +
      'to run without them, say --cgroups=disabled or set cgroups="disabled" in [containers] of containers.conf',
  });
}
