/** Stops and resumes the processes of a cgroup: v1's freezer controller, or v2's cgroup.freeze. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import { sleep } from "../../base/sleep.ts";
import { isErrno } from "../sys/libc.ts";
import type { HostHierarchies } from "./hierarchies.ts";

/** Milliseconds until a cgroup counts as one that cannot be frozen: a process of it waits for a device, say. */
const PATIENCE = 5000;
const LONGEST_PAUSE = 20;

/** One cgroup's switch. */
interface Freezer {
  readonly directory: string;
  readonly version: 1 | 2;
}

/** @throws HOST_PART_MISSING without a freezer, CONTAINER_RUNTIME_FAILED */
export async function freeze(hierarchies: HostHierarchies, path: string): Promise<void> {
  const freezer = freezerOf(hierarchies, path);
  if (freezer === undefined) {
    throw new EngineError("HOST_PART_MISSING", "this host has no cgroup freezer: processes cannot be paused");
  }
  const end = performance.now() + PATIENCE;
  for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    // v1: a process that was forked meanwhile is caught by asking again.
    write(freezer, true);
    if (standsStill(freezer)) return;
    if (performance.now() > end) break;
    await sleep(pause);
  }
  write(freezer, false);
  throw new EngineError("CONTAINER_RUNTIME_FAILED", `unable to freeze cgroup ${path}: its processes go on`, {
    exit: 125,
    details: { directory: freezer.directory },
  });
}

export function thaw(hierarchies: HostHierarchies, path: string): void {
  const freezer = freezerOf(hierarchies, path);
  if (freezer !== undefined && existsSync(freezer.directory)) write(freezer, false);
}

export function isFrozen(hierarchies: HostHierarchies, path: string): boolean {
  const freezer = freezerOf(hierarchies, path);
  if (freezer === undefined) return false;
  if (freezer.version === 2) return read(freezer, "cgroup.freeze") === "1";
  // FREEZING is on the way to FROZEN and needs nobody's help.
  return read(freezer, "freezer.state").startsWith("FR");
}

/** The hierarchy whose switch works on this host; on a hybrid one without v1's controller every process is in v2's, too. */
function freezerOf(hierarchies: HostHierarchies, path: string): Freezer | undefined {
  const legacy = hierarchies.all.find((hierarchy) => hierarchy.controllers.includes("freezer"));
  if (legacy !== undefined && !legacy.unified) return { directory: `${legacy.mount}${path}`, version: 1 };
  const unified = hierarchies.all.find((hierarchy) => hierarchy.unified);
  return unified === undefined ? undefined : { directory: `${unified.mount}${path}`, version: 2 };
}

function standsStill(freezer: Freezer): boolean {
  if (freezer.version === 1) return read(freezer, "freezer.state") === "FROZEN";
  return /^frozen 1$/m.test(read(freezer, "cgroup.events"));
}

function write({ directory, version }: Freezer, still: boolean): void {
  try {
    if (version === 1) writeFileSync(`${directory}/freezer.state`, still ? "FROZEN" : "THAWED");
    else writeFileSync(`${directory}/cgroup.freeze`, still ? "1" : "0");
  } catch (error) {
    // It went with its last process: there is nothing to thaw.
    if (!still && isErrno(error, "ENOENT", "ENODEV")) return;
    throw error;
  }
}

function read({ directory }: Freezer, file: string): string {
  try {
    return (readIfThere(`${directory}/${file}`) ?? "").trim();
  } catch (error) {
    if (isErrno(error, "ENODEV")) return "";
    throw error;
  }
}
