/** Finds the OCI runtime to use: the one asked for, else crun where this host's cgroups let it work, else runc. */
import { accessSync, constants, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { OciRuntime } from "../../ports/runtime.ts";
import { missingRuntime } from "./command-line.ts";
import { crunRuntime } from "./crun.ts";
import { runcRuntime } from "./runc.ts";

export interface RuntimeChoice {
  /** Name or path; "" is our choice. */
  readonly wanted: string;
  /** Candidate paths by name (containers.conf, `[engine.runtimes]`). */
  readonly candidates: Readonly<Record<string, readonly string[]>>;
  readonly runRoot: string;
}

const USUAL_DIRECTORIES = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin", "/sbin", "/bin"];

/** @throws HOST_PART_MISSING */
export function chooseRuntime(choice: RuntimeChoice): OciRuntime {
  if (choice.wanted !== "") return openRuntime(choice.wanted, choice);
  const order = crunObstacle() === undefined ? ["crun", "runc"] : ["runc", "crun"];
  for (const name of order) if (findExecutable(name, choice) !== undefined) return openRuntime(name, choice);
  throw missingRuntime(
    "crun",
    order.flatMap((name) => candidatePaths(name, choice)),
  );
}

/**
 * Why crun cannot work here, if it cannot: on a hybrid host it insists on moving every controller that the
 * unified hierarchy offers, and fails.
 */
export function crunObstacle(unified = "/sys/fs/cgroup/unified"): string | undefined {
  let controllers: string;
  try {
    controllers = readFileSync(`${unified}/cgroup.controllers`, "utf8").trim();
  } catch {
    return undefined;
  }
  if (controllers === "") return undefined;
  return `crun cannot use this host's hybrid cgroups: the unified hierarchy has ${controllers}`;
}

function openRuntime(wanted: string, choice: RuntimeChoice): OciRuntime {
  const path = wanted.includes("/") ? executable(wanted) : findExecutable(wanted, choice);
  if (path === undefined) throw missingRuntime(wanted, candidatePaths(wanted, choice));
  const name = basename(wanted);
  const place = { name, path, root: `${choice.runRoot}/runtime/${name}` };
  return name.startsWith("crun") ? crunRuntime(place) : runcRuntime(place);
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
