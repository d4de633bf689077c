/** Finds the OCI runtime to use: the one asked for, else crun where this host's cgroups let it work, else runc. */
import { accessSync, constants, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { OciRuntime } from "../../ports/runtime.ts";
import { missingRuntime } from "./command-line.ts";
import { crunRuntime } from "./crun.ts";
import { runcRuntime } from "./runc.ts";
import { runtimeRoot } from "./runtime-state.ts";

export interface RuntimeChoice {
  /** Name or path; "" is our choice. */
  readonly wanted: string;
  /** Candidate paths by name (containers.conf, `[engine.runtimes]`). */
  readonly candidates: Readonly<Record<string, readonly string[]>>;
  readonly runRoot: string;
  /** Further global flags, without their dashes. */
  readonly flags?: readonly string[];
  /** False for a user who has no cgroups; the runtime is not to look for any. */
  readonly cgroups?: boolean;
  readonly hierarchies: () => readonly MountedControllers[];
}

const USUAL_DIRECTORIES = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin", "/sbin", "/bin"];

/** @throws HOST_PART_MISSING */
export function chooseRuntime(choice: RuntimeChoice): OciRuntime {
  if (choice.wanted !== "") return openRuntime(choice.wanted, choice);
  const order =
    choice.cgroups === false || crunObstacle(choice.hierarchies) === undefined
      ? ["crun", "runc"]
      : ["runc", "crun"];
  for (const name of order) if (findExecutable(name, choice) !== undefined) return openRuntime(name, choice);
  throw missingRuntime(
    "crun",
    order.flatMap((name) => candidatePaths(name, choice)),
  );
}

/** Of a mounted hierarchy. */
export interface MountedControllers {
  readonly unified: boolean;
  readonly controllers: readonly string[];
}

/** What of the host's cgroups crun looks at; paths, so that a test can have its own. */
export interface CgroupFiles {
  readonly unified: string;
  readonly own: string;
}

const HOST_CGROUPS: CgroupFiles = { unified: "/sys/fs/cgroup/unified", own: "/proc/self/cgroup" };

/**
 * Why crun cannot work here, if it cannot. On a hybrid host it insists on moving every controller that the
 * unified hierarchy offers, and fails; and it makes a directory in each hierarchy that exists, also in one that
 * is mounted for other processes alone, where nobody would find it again.
 */
export function crunObstacle(
  hierarchies: () => readonly MountedControllers[],
  files: CgroupFiles = HOST_CGROUPS,
): string | undefined {
  const controllers = textOf(`${files.unified}/cgroup.controllers`)?.trim();
  if (controllers === undefined) return undefined;
  if (controllers !== "") {
    return `crun cannot use this host's hybrid cgroups: the unified hierarchy has ${controllers}`;
  }
  const unmounted = unmountedHierarchies(textOf(files.own) ?? "", hierarchies());
  if (unmounted.length === 0) return undefined;
  return `crun cannot use this host's cgroups: the hierarchy of ${unmounted.join(", ")} is not mounted here`;
}

/** cgroups(7): "3:cpu,cpuacct:/path" in /proc/PID/cgroup. */
function unmountedHierarchies(own: string, all: readonly MountedControllers[]): string[] {
  const mounted = new Set(all.flatMap(({ unified, controllers }) => (unified ? [] : controllers)));
  return own
    .split("\n")
    .map((line) => line.split(":")[1] ?? "")
    .filter((names) => names !== "" && !names.split(",").every((name) => mounted.has(name)));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function openRuntime(wanted: string, choice: RuntimeChoice): OciRuntime {
  const path = wanted.includes("/") ? executable(wanted) : findExecutable(wanted, choice);
  if (path === undefined) throw missingRuntime(wanted, candidatePaths(wanted, choice));
  const name = basename(wanted);
  const place = {
    name,
    path,
    root: runtimeRoot(choice.runRoot, name),
    cgroups: choice.cgroups !== false,
    flags: choice.flags ?? [],
  };
  return name.startsWith("crun") ? crunRuntime(place, `${choice.runRoot}/seccomp`) : runcRuntime(place);
}

function candidatePaths(name: string, choice: RuntimeChoice): string[] {
  const usual = USUAL_DIRECTORIES.map((directory) => `${directory}/${name}`);
  return [...new Set([...(choice.candidates[name] ?? []), ...usual])];
}

function findExecutable(name: string, choice: RuntimeChoice): string | undefined {
  return candidatePaths(name, choice).find((path) => executable(path) !== undefined);
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}
