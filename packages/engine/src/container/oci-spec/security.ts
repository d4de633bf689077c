/** Paths of /proc and /sys that are hidden from a container or that it can only read. */
import { cleanPath } from "@podwright/spec/values/container-path";
import type { ContainerConfig } from "../../ports/container-record.ts";

const MASKED: readonly string[] = [
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
  "/sys/fs/selinux",
];

const READ_ONLY: readonly string[] = [
  "/proc/asound",
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

export interface ProtectedPaths {
  readonly maskedPaths: string[];
  readonly readonlyPaths: string[];
}

/** A privileged container sees all but what `mask=` names. */
export function protectedPaths({ security }: Pick<ContainerConfig, "security">): ProtectedPaths {
  const asked = security.mask.map(cleanPath);
  if (security.privileged) return { maskedPaths: asked, readonlyPaths: [] };
  const isKept = (path: string): boolean => !security.unmask.some((pattern) => unmasks(pattern, path));
  return {
    maskedPaths: [...new Set([...MASKED.filter(isKept), ...asked])],
    readonlyPaths: READ_ONLY.filter(isKept),
  };
}

/** True when `unmask=` names the path itself or matches it as a shell pattern. */
export function unmasks(pattern: string, path: string): boolean {
  if (pattern.toUpperCase() === "ALL") return true;
  if (!/[*?[]/.test(pattern)) return cleanPath(pattern) === path;
  return new Bun.Glob(cleanPath(pattern)).match(path);
}

/** /sys/fs/cgroup can be written to when it is unmasked, by name or with all else; v1 stays read-only. */
export function isCgroupWritable(config: Pick<ContainerConfig, "security">, version: string): boolean {
  if (config.security.privileged) return true;
  return version === "v2" && config.security.unmask.some((pattern) => unmasks(pattern, "/sys/fs/cgroup"));
}
