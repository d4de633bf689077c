/** Resource limits as the files that set them: one table for v1, one for v2 (runtime-spec, "Control groups"). */
import type { RuntimeResources } from "@podwright/spec/oci-runtime/spec";

export interface LimitFile {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

export function limitsV1(resources: RuntimeResources): LimitFile[] {
  const { memory, cpu, pids, blockIO } = resources;
  return [
    ...limit("memory", "memory.limit_in_bytes", memory?.limit),
    ...limit("memory", "memory.soft_limit_in_bytes", memory?.reservation),
    // After the plain limit, which it may not be below.
    ...limit("memory", "memory.memsw.limit_in_bytes", memory?.swap),
    ...limit("memory", "memory.swappiness", memory?.swappiness),
    ...limit("cpu", "cpu.shares", cpu?.shares),
    ...limit("cpu", "cpu.cfs_period_us", cpu?.period),
    ...limit("cpu", "cpu.cfs_quota_us", cpu?.quota),
    ...text("cpuset", "cpuset.cpus", cpu?.cpus),
    ...text("cpuset", "cpuset.mems", cpu?.mems),
    ...limit("pids", "pids.max", pids?.limit, pidsText),
    ...limit("blkio", "blkio.weight", blockIO?.weight),
  ];
}

export function limitsV2(resources: RuntimeResources): LimitFile[] {
  const { memory, cpu, pids, blockIO, unified } = resources;
  const quota = cpu?.quota === undefined || cpu.quota <= 0 ? "max" : String(cpu.quota);
  const hasCpuMax = cpu?.quota !== undefined || cpu?.period !== undefined;
  return [
    ...limit("memory", "memory.max", memory?.limit, maxText),
    ...limit("memory", "memory.low", memory?.reservation, maxText),
    ...limit("memory", "memory.swap.max", swapOnly(memory), maxText),
    ...limit("cpu", "cpu.weight", weightOfShares(cpu?.shares)),
    ...(hasCpuMax ? text("cpu", "cpu.max", `${quota} ${cpu?.period ?? 100_000}`) : []),
    ...text("cpuset", "cpuset.cpus", cpu?.cpus),
    ...text("cpuset", "cpuset.mems", cpu?.mems),
    ...limit("pids", "pids.max", pids?.limit, pidsText),
    ...limit("io", "io.bfq.weight", blockIO?.weight),
    ...Object.entries(unified ?? {}).flatMap(([file, value]) => text(file.split(".")[0] ?? "", file, value)),
  ];
}

/** v1's swap limit counts memory too; v2's does not. */
function swapOnly(memory: RuntimeResources["memory"]): number | undefined {
  if (memory?.swap === undefined) return undefined;
  if (memory.swap < 0) return -1;
  return memory.swap - (memory.limit ?? 0);
}

/** The conversion that the kernel's users have agreed on: [2, 262144] to [1, 10000]. */
export function weightOfShares(shares: number | undefined): number | undefined {
  if (shares === undefined || shares === 0) return undefined;
  return Math.floor(1 + ((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142);
}

function limit(
  controller: string,
  file: string,
  value: number | undefined,
  show: (value: number) => string = String,
): LimitFile[] {
  return value === undefined ? [] : [{ controller, file, value: show(value) }];
}

function text(controller: string, file: string, value: string | undefined): LimitFile[] {
  return value === undefined || value === "" ? [] : [{ controller, file, value }];
}

const maxText = (value: number): string => (value < 0 ? "max" : String(value));
const pidsText = (value: number): string => (value <= 0 ? "max" : String(value));
