/** Where an ordinary user may make cgroups: below one that was handed down to it (cgroups(7), "delegation"). */
import { accessSync, constants, readFileSync } from "node:fs";
import { type HostHierarchies, readHierarchies } from "./hierarchies.ts";

export interface DelegationFacts {
  readonly hierarchies?: HostHierarchies;
  /** /proc/self/cgroup */
  readonly own?: string;
  readonly isWritable?: (path: string) => boolean;
  /** What is in the cgroup's `cgroup.controllers`. */
  readonly controllersOf?: (directory: string) => string;
}

export interface DelegatedCgroup {
  /** Relative to the hierarchy's mount: "" is its top. */
  readonly path: string;
  readonly controllers: readonly string[];
}

/**
 * The topmost such cgroup that we are in: the same for all logins that have one. Undefined where there is
 * none: with cgroup v1, and in a login that systemd has not put into the user's own part.
 */
export function delegatedCgroup({
  hierarchies = readHierarchies(),
  own = readFileSync("/proc/self/cgroup", "utf8"),
  isWritable = canWrite,
  controllersOf = readControllers,
}: DelegationFacts = {}): DelegatedCgroup | undefined {
  const { unified } = hierarchies;
  if (unified === undefined) return undefined;
  let path = /^0::(\/.*)$/m.exec(own)?.[1];
  // A mount that shows a part alone has other cgroups by these names.
  if (path === undefined || path.startsWith("/..") || unified.root !== "/") return undefined;
  let found: DelegatedCgroup | undefined;
  for (;;) {
    const directory = `${unified.mount}${path === "/" ? "" : path}`;
    const files = [directory, `${directory}/cgroup.procs`, `${directory}/cgroup.subtree_control`];
    if (!files.every(isWritable)) return found;
    const controllers = controllersOf(directory)
      .split(/\s+/)
      .filter((name) => name !== "");
    found = { path: path === "/" ? "" : path, controllers };
    if (path === "/") return found;
    path = path.slice(0, path.lastIndexOf("/")) || "/";
  }
}

function readControllers(directory: string): string {
  return readFileSync(`${directory}/cgroup.controllers`, "utf8");
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
