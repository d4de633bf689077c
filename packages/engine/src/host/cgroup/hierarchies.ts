/** Which cgroup hierarchies this host has mounted, from mountinfo; the engine never mounts any itself. */
import { readFileSync } from "node:fs";

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
    const [left, right] = line.split(" - ");
    const [, , , root = "", mount] = left?.split(" ") ?? [];
    const [type, , options] = right?.split(" ") ?? [];
    if (mount === undefined || all.some((known) => known.mount === mount)) continue;
    if (type === "cgroup2") {
      all.push({ mount, root, unified: true, controllers: words(readControllers(mount)) });
    } else if (type === "cgroup") {
      all.push({ mount, root, unified: false, controllers: v1Controllers(options ?? "") });
    }
  }
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

export function readHierarchies(): HostHierarchies {
  return parseHierarchies(readFileSync("/proc/self/mountinfo", "utf8"), (mount) => {
    try {
      return readFileSync(`${mount}/cgroup.controllers`, "utf8");
    } catch {
      return "";
    }
  });
}

function v1Controllers(options: string): string[] {
  return options.split(",").filter((option) => V1_CONTROLLERS.has(option) || option.startsWith("name="));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
