/** What a cgroup has used: the kernel's own counters, v1's and v2's files read as Podman reads them. */
import { existsSync, readFileSync } from "node:fs";
import type { CgroupUsage } from "../../ports/cgroups.ts";
import { isErrno } from "../sys/libc.ts";
import type { HostHierarchies } from "./hierarchies.ts";

/** The text of a file of the cgroup in the hierarchy that has the controller; "" where there is none. */
export type ReadFile = (controller: string, file: string) => string;

export function cgroupUsage(hierarchies: HostHierarchies, path: string): CgroupUsage | undefined {
  const { unified, all } = hierarchies;
  const mountOf = (controller: string): string | undefined =>
    (unified ?? all.find((hierarchy) => hierarchy.controllers.includes(controller)))?.mount;
  if (!all.some(({ mount }) => existsSync(`${mount}${path}`))) return undefined;
  const read: ReadFile = (controller, file) => {
    const mount = mountOf(controller);
    return mount === undefined ? "" : readCounter(`${mount}${path}/${file}`);
  };
  return unified === undefined ? usageV1(read) : usageV2(read);
}

export function usageV1(read: ReadFile): CgroupUsage {
  const memory = keyed(read("memory", "memory.stat"));
  return {
    cpuNanoseconds: whole(read("cpuacct", "cpuacct.usage")),
    cpuSystemNanoseconds: whole(read("cpuacct", "cpuacct.usage_sys")),
    memory: (memory.get("total_active_anon") ?? 0) + (memory.get("total_inactive_anon") ?? 0),
    memoryLimit: limit(read("memory", "memory.limit_in_bytes")),
    ...serviceBytes(read("blkio", "blkio.throttle.io_service_bytes_recursive")),
    pids: whole(read("pids", "pids.current")),
  };
}

export function usageV2(read: ReadFile): CgroupUsage {
  const cpu = keyed(read("cpu", "cpu.stat"));
  return {
    cpuNanoseconds: (cpu.get("usage_usec") ?? 0) * 1000,
    cpuSystemNanoseconds: (cpu.get("system_usec") ?? 0) * 1000,
    memory: keyed(read("memory", "memory.stat")).get("anon") ?? 0,
    memoryLimit: limit(read("memory", "memory.max")),
    ...ioStat(read("io", "io.stat")),
    pids: whole(read("pids", "pids.current")),
  };
}

type BlockBytes = Pick<CgroupUsage, "blockInput" | "blockOutput">;

/** `8:0 Read 4096`, a line per device and operation. */
function serviceBytes(text: string): BlockBytes {
  let [blockInput, blockOutput] = [0, 0];
  for (const line of text.split("\n")) {
    const [device = "", operation = "", bytes = ""] = line.split(" ");
    if (!device.includes(":")) continue;
    if (operation === "Read") blockInput += whole(bytes);
    else if (operation === "Write") blockOutput += whole(bytes);
  }
  return { blockInput, blockOutput };
}

/** `8:0 rbytes=4096 wbytes=0 rios=1 …`, a line per device. */
function ioStat(text: string): BlockBytes {
  const sum = (key: string): number =>
    [...text.matchAll(new RegExp(`\\b${key}=(\\d+)`, "g"))].reduce((total, [, n]) => total + Number(n), 0);
  return { blockInput: sum("rbytes"), blockOutput: sum("wbytes") };
}

/** v1 writes "none" as the largest number of pages; v2 as `max`. */
function limit(text: string): number | undefined {
  const bytes = Number(text.trim() || "0");
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

function keyed(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split("\n").map((line): [string, number] => {
      const [key = "", value = "0"] = line.split(" ");
      return [key, Number(value)];
    }),
  );
}

function whole(text: string): number {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : 0;
}

/** "" where the file is not there, or is no more: a cgroup may go at any moment. */
function readCounter(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENODEV", "EOPNOTSUPP", "ENOTSUP")) return "";
    throw error;
  }
}
