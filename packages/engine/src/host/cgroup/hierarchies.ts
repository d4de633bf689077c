/** Which cgroup hierarchies this host has mounted; the engine never mounts any itself. */
import { readdirSync, readFileSync } from "node:fs";
import { type MountStat, mountOf } from "../sys/statmount.ts";

export interface Hierarchy {
  /** Where it is mounted. */
  readonly mount: string;
  /** The cgroup that the mount shows as its top: "/" for all that this process can see. */
  readonly root: string;
  readonly unified: boolean;
  /** ["memory"], ["cpu", "cpuacct"]; of a v1 hierarchy without controllers its name: ["name=systemd"]. */
  readonly controllers: readonly string[];
}

export interface HostHierarchies {
  readonly version: "v1" | "v2" | "hybrid";
  readonly all: readonly Hierarchy[];
  /** The v2 hierarchy, when limits can be set in it. */
  readonly unified: Hierarchy | undefined;
  readonly controllers: readonly string[];
}

const TOP = "/sys/fs/cgroup";
const V1_CONTROLLERS = new Set([
  "blkio",
  "cpu",
  "cpuacct",
  "cpuset",
  "devices",
  "freezer",
  "hugetlb",
  "memory",
  "misc",
  "net_cls",
  "net_prio",
  "perf_event",
  "pids",
  "rdma",
]);

/** `mountinfo` is /proc/self/mountinfo (proc(5)). */
export function parseHierarchies(
  mountinfo: string,
  readControllers: (mount: string) => string,
): HostHierarchies {
  const all: Hierarchy[] = [];
  for (const line of mountinfo.split("\n")) {
    if (!line.includes(" - cgroup")) continue;
    const [left, right] = line.split(" - ");
    const [, , , root = "", mount] = left?.split(" ") ?? [];
    const [type = "", , options = ""] = right?.split(" ") ?? [];
    if (mount === undefined || all.some((known) => known.mount === mount)) continue;
    const found = hierarchyOf(mount, { type, root, options }, readControllers);
    if (found !== undefined) all.push(found);
  }
  return inShort(all);
}

export function readHierarchies(): HostHierarchies {
  return usualHierarchies() ?? parseHierarchies(readFileSync("/proc/self/mountinfo", "utf8"), controllersOf);
}

/**
 * Where they are by convention (file-hierarchy(7)), asking for these mounts alone: with a thousand containers /proc/self/mountinfo takes
 * 20 ms. Undefined where one that this process is in is not there, or the kernel has no statmount(2).
 */
export function usualHierarchies(
  top: string = TOP,
  own: string = readFileSync("/proc/self/cgroup", "utf8"),
): HostHierarchies | undefined {
  const there = mountOf(top);
  if (there === undefined) return undefined;
  const unified = hierarchyOf(top, there, controllersOf);
  const all = unified === undefined ? below(top) : [unified];
  const found = new Set(all.flatMap((each) => (each.unified ? [""] : each.controllers)));
  const expected = own.split("\n").flatMap((line) => line.split(":")[1]?.split(",") ?? []);
  return expected.every((name) => found.has(name)) ? inShort(all) : undefined;
}

function below(top: string): readonly Hierarchy[] {
  return readdirSync(top, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    const mount = `${top}/${entry.name}`;
    const there = mountOf(mount);
    return (there === undefined ? undefined : hierarchyOf(mount, there, controllersOf)) ?? [];
  });
}

function hierarchyOf(
  mount: string,
  { type, root, options }: MountStat,
  readControllers: (mount: string) => string,
): Hierarchy | undefined {
  if (type === "cgroup2") return { mount, root, unified: true, controllers: words(readControllers(mount)) };
  if (type === "cgroup") return { mount, root, unified: false, controllers: v1Controllers(options) };
  return undefined;
}

function inShort(all: readonly Hierarchy[]): HostHierarchies {
  const legacy = all.filter((hierarchy) => !hierarchy.unified);
  const unified = all.find((hierarchy) => hierarchy.unified);
  const version = legacy.length === 0 ? "v2" : unified === undefined ? "v1" : "hybrid";
  const useful = version === "v2" ? all : legacy;
  const controllers = useful.flatMap((hierarchy) => hierarchy.controllers);
  return {
    version,
    all,
    unified: version === "v2" ? unified : undefined,
    controllers: controllers.filter((name) => !name.startsWith("name=")),
  };
}

function controllersOf(mount: string): string {
  try {
    return readFileSync(`${mount}/cgroup.controllers`, "utf8");
  } catch {
    return "";
  }
}

function v1Controllers(options: string): string[] {
  return options.split(",").filter((option) => V1_CONTROLLERS.has(option) || option.startsWith("name="));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
