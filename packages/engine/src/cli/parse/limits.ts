/** Flags that limit what a container or a pod may use. */
import type { Limits } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseMemorySize } from "@podwright/spec/values/size";
import type { Flags, FlagValues } from "../frame/command.ts";

/** Those that a pod's cgroup takes as well. */
export const limitFlags = {
  memory: { type: "string", short: "m", help: "Memory limit", valueName: "number[unit]", complete: "none" },
  "memory-swap": {
    type: "string",
    help: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    valueName: "number[unit]",
    complete: "none",
  },
  cpus: { type: "float", help: "Number of CPUs", complete: "none" },
  "cpu-shares": { type: "int", short: "c", help: "CPU shares (relative weight)", complete: "none" },
  "cpuset-cpus": { type: "string", help: "CPUs in which to allow execution (0-3, 0,1)", complete: "none" },
  "cpuset-mems": {
    type: "string",
    help: "Memory nodes (MEMs) in which to allow execution (0-3, 0,1)",
    complete: "none",
  },
  "blkio-weight": {
    type: "string",
    help: "Block IO weight (relative weight), between 10 and 1000",
    complete: "none",
  },
} as const satisfies Flags;

/** Those of a single container. */
export const containerLimitFlags = {
  ...limitFlags,
  "memory-reservation": {
    type: "string",
    help: "Memory soft limit",
    valueName: "number[unit]",
    complete: "none",
  },
  "cpu-period": {
    type: "int",
    help: "Limit the CPU CFS (Completely Fair Scheduler) period",
    complete: "none",
  },
  "cpu-quota": { type: "int", help: "Limit the CPU CFS (Completely Fair Scheduler) quota", complete: "none" },
  "memory-swappiness": {
    type: "int",
    help: "Tune container memory swappiness (0 to 100, or -1 for system default; cgroup v1 only)",
    complete: "none",
  },
  "pids-limit": { type: "int", help: "Tune container pids limit (set -1 for unlimited)", complete: "none" },
} as const satisfies Flags;

type LimitValues = FlagValues<typeof limitFlags> & Partial<FlagValues<typeof containerLimitFlags>>;

/** Microseconds; Kubernetes uses the same. */
const DEFAULT_PERIOD = 100_000;

/** Only what was asked for; memory without swap gets twice as much swap as Podman does. @throws VALUE_INVALID */
export function parseLimits(flags: LimitValues): Limits {
  const memory = size("memory", flags.memory);
  const pids = flags["pids-limit"];
  return present({
    memory: memory === 0 ? undefined : memory,
    memorySwap: swap(flags["memory-swap"], memory),
    memoryReservation: size("memory-reservation", flags["memory-reservation"]),
    memorySwappiness: swappiness(flags["memory-swappiness"]),
    ...cpu(flags),
    cpuShares: positive("cpu-shares", flags["cpu-shares"]),
    cpusetCpus: cpuset("cpuset-cpus", flags["cpuset-cpus"]),
    cpusetMems: cpuset("cpuset-mems", flags["cpuset-mems"]),
    // 0 and -1 both mean no limit.
    pids: pids === undefined ? undefined : pids > 0 ? pids : -1,
    blkioWeight: weight(flags["blkio-weight"]),
  });
}

function present(values: { readonly [K in keyof Limits]: Limits[K] | undefined }): Limits {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function cpu(flags: LimitValues): { cpuPeriod: number | undefined; cpuQuota: number | undefined } {
  const period = positive("cpu-period", flags["cpu-period"]);
  const quota = flags["cpu-quota"];
  const cpus = flags.cpus;
  if (cpus === undefined || cpus === 0) {
    return { cpuPeriod: period, cpuQuota: quota === 0 ? undefined : quota };
  }
  if (cpus < 0) throw invalid(`invalid value for cpus: ${cpus}`);
  if (period !== undefined) throw invalid("--cpu-period and --cpus cannot be set together");
  if (quota !== undefined) throw invalid("--cpu-quota and --cpus cannot be set together");
  return { cpuPeriod: DEFAULT_PERIOD, cpuQuota: Math.trunc(cpus * DEFAULT_PERIOD) };
}

function swap(text: string | undefined, memory: number | undefined): number | undefined {
  if (text === undefined) return memory === undefined || memory === 0 ? undefined : memory * 2;
  if (text === "-1") return -1;
  const bytes = size("memory-swap", text);
  if (memory === undefined || memory === 0) {
    throw new EngineError(
      "CONTAINER_INVALID",
      "minimum memory limit should be set when using memory-swap: specify --memory as well",
    );
  }
  if (bytes !== undefined && bytes < memory) {
    throw new EngineError(
      "CONTAINER_INVALID",
      "minimum memoryswap limit should be larger than memory limit, see usage",
    );
  }
  return bytes;
}

function swappiness(value: number | undefined): number | undefined {
  if (value === undefined || value === -1) return undefined;
  if (value >= 0 && value <= 100) return value;
  throw invalid(`invalid value: ${value}, valid memory swappiness range is 0-100`);
}

function size(flag: string, text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    return parseMemorySize(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw invalid(`invalid value for ${flag === "memory-swap" ? "memory" : flag}: ${error.message}`);
  }
}

function positive(flag: string, value: number | undefined): number | undefined {
  if (value === undefined || value === 0) return undefined;
  if (value < 0) throw invalid(`invalid value for ${flag}: ${value}`);
  return value;
}

function cpuset(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) throw invalid(`invalid value for ${flag}: ${text}`);
  return text;
}

function weight(text: string | undefined): number | undefined {
  if (text === undefined || text === "" || text === "0") return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 10 || value > 1000) {
    throw invalid(`invalid value for blkio-weight: ${JSON.stringify(text)} is not between 10 and 1000`);
  }
  return value;
}

function invalid(message: string): EngineError {
  return new EngineError("VALUE_INVALID", message);
}
