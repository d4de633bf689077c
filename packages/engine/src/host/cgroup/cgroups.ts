/** The Cgroups port over the host's hierarchies: v1, v2 or hybrid, by their files. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RuntimeResources } from "@podwright/spec/oci-runtime/spec";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { Cgroups, CgroupUsage, LimitValue } from "../../ports/cgroups.ts";
import { isErrno } from "../sys/libc.ts";
import { expectEntry } from "./entry-ahead.ts";
import { freeze, isFrozen, thaw } from "./freezer.ts";
import { type Hierarchy, type HostHierarchies, readHierarchies } from "./hierarchies.ts";
import { type LimitFile, limitsV1, limitsV2 } from "./limits.ts";
import { cgroupUsage } from "./usage.ts";
import { cannotLimit, currentLimits, type LimitWrite, putBack, writeLimits } from "./write-limits.ts";

/** Milliseconds that processes get to vanish after SIGKILL, and a cgroup to become empty. */
const REMOVAL_PATIENCE = 10_000;
const LONGEST_PAUSE = 50;
const CREATE_ATTEMPTS = 20;

export interface CgroupsOptions {
  readonly hierarchies?: HostHierarchies;
  /** Goes with the last cgroup below it, and comes back with the next. */
  readonly top?: string;
}

export class HostCgroups implements Cgroups {
  readonly #hierarchies: HostHierarchies;
  readonly #top: string | undefined;

  constructor({ hierarchies = readHierarchies(), top }: CgroupsOptions = {}) {
    this.#hierarchies = hierarchies;
    this.#top = top;
  }

  get version(): Cgroups["version"] {
    return this.#hierarchies.version;
  }

  get controllers(): readonly string[] {
    return this.#hierarchies.controllers;
  }

  create(path: string): void {
    for (const hierarchy of this.#hierarchies.all) {
      for (let attempt = 1; ; attempt++) {
        try {
          this.#createIn(hierarchy, path);
          break;
        } catch (error) {
          // Another command has just removed the last cgroup of the parent, and the parent with it. (A recursive
          // mkdir says EEXIST for a directory that goes between its mkdir and its look at what is there.)
          if (!isErrno(error, "ENOENT", "ENODEV", "EEXIST") || attempt === CREATE_ATTEMPTS) throw error;
        }
      }
    }
  }

  expectEntry(): Disposable {
    return expectEntry(this.#hierarchies.all);
  }

  apply(path: string, resources: RuntimeResources): void {
    writeLimits(this.#writes(path, resources));
  }

  limitsNow(path: string, resources: RuntimeResources): LimitValue[] {
    return currentLimits(this.#writes(path, resources));
  }

  restore(path: string, values: readonly LimitValue[]): void {
    const places = values.flatMap(({ file, value }) => {
      const write = this.#write(path, { controller: file.split(".")[0] ?? "", file, value });
      return existsSync(write.directory) ? [write] : [];
    });
    putBack(places, values);
  }

  #writes(path: string, resources: RuntimeResources): LimitWrite[] {
    const files = this.#hierarchies.unified === undefined ? limitsV1(resources) : limitsV2(resources);
    return files.map((file) => this.#write(path, file));
  }

  #write(path: string, limit: LimitFile): LimitWrite {
    const { unified } = this.#hierarchies;
    const { controller, file, value } = limit;
    const hierarchy = unified ?? this.#withController(controller);
    if (hierarchy === undefined) throw cannotLimit(limit, "the host has no such controller", { controller });
    return {
      directory: `${hierarchy.mount}${path}`,
      file,
      value,
      cpuset: !unified && controller === "cpuset",
    };
  }

  processes(path: string): number[] {
    const pids = new Set<number>();
    for (const directory of this.#directories(path)) collectPids(directory, pids);
    return [...pids];
  }

  async remove(path: string): Promise<void> {
    const end = performance.now() + REMOVAL_PATIENCE;
    for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const left = this.#directories(path).filter((directory) => !removeTree(directory));
      if (left.length === 0) return this.#removeTop(path);
      for (const directory of left) thawDirectory(directory);
      for (const pid of this.processes(path)) killQuietly(pid);
      if (performance.now() > end) {
        throw new EngineError("HOST_CALL_FAILED", `cannot remove cgroup ${path}: EBUSY`, {
          details: { errno: "EBUSY", directories: left, processes: this.processes(path) },
        });
      }
      await sleep(pause);
    }
  }

  #createIn(hierarchy: Hierarchy, path: string): void {
    if (hierarchy.unified && this.#hierarchies.unified !== undefined) createUnified(hierarchy, path);
    else if (hierarchy.controllers.includes("cpuset")) createCpuset(hierarchy, path);
    else mkdirSync(`${hierarchy.mount}${path}`, { recursive: true });
  }

  exists(path: string): boolean {
    return this.#directories(path).length > 0;
  }

  oomKilled(path: string): boolean {
    const memory = this.#withController("memory");
    if (memory === undefined) return false;
    const file = memory.unified ? "memory.events" : "memory.oom_control";
    const count = /^oom_kill (\d+)$/m.exec(readIfThere(`${memory.mount}${path}/${file}`))?.[1];
    return count !== undefined && count !== "0";
  }

  freeze(path: string): Promise<void> {
    return freeze(this.#hierarchies, path);
  }

  thaw(path: string): void {
    thaw(this.#hierarchies, path);
  }

  isFrozen(path: string): boolean {
    return isFrozen(this.#hierarchies, path);
  }

  usage(path: string): CgroupUsage | undefined {
    return cgroupUsage(this.#hierarchies, path);
  }

  #removeTop(path: string): void {
    if (this.#top === undefined || !path.startsWith(`${this.#top}/`)) return;
    for (const directory of this.#directories(this.#top)) removeEmpty(directory);
  }

  #withController(name: string): Hierarchy | undefined {
    return this.#hierarchies.unified ?? this.#hierarchies.all.find((h) => h.controllers.includes(name));
  }

  #directories(path: string): string[] {
    // An empty path would be the root of every hierarchy: all processes of the host.
    if (path.split("/").filter((part) => part !== "" && part !== ".").length === 0 || path.includes("..")) {
      throw new RangeError(`not a cgroup of ours: ${JSON.stringify(path)}`);
    }
    return this.#hierarchies.all.map((hierarchy) => `${hierarchy.mount}${path}`).filter((d) => existsSync(d));
  }
}

/** v2: a controller works in a cgroup only when each ancestor hands it down. */
function createUnified(hierarchy: Hierarchy, path: string): void {
  let directory = hierarchy.mount;
  const parts = path.split("/").filter((part) => part !== "");
  for (const part of parts) {
    for (const controller of hierarchy.controllers) enableController(directory, controller);
    directory = `${directory}/${part}`;
    mkdirSync(directory, { recursive: true });
  }
}

function enableController(directory: string, controller: string): void {
  try {
    writeFileSync(`${directory}/cgroup.subtree_control`, `+${controller}`);
  } catch (error) {
    // Not handed down to us, or the cgroup holds processes itself: limits of that kind are refused later, by name.
    if (!isErrno(error, "ENOENT", "EBUSY", "EACCES", "EPERM", "EINVAL", "EOPNOTSUPP", "ENOTSUP")) throw error;
  }
}

/** v1: a new cpuset is empty, and no process may enter an empty one. */
function createCpuset(hierarchy: Hierarchy, path: string): void {
  let directory = hierarchy.mount;
  for (const part of path.split("/").filter((name) => name !== "")) {
    const parent = directory;
    directory = `${directory}/${part}`;
    mkdirSync(directory, { recursive: true });
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (readIfThere(`${directory}/${file}`).trim() !== "") continue;
      writeFileSync(`${directory}/${file}`, readIfThere(`${parent}/${file}`).trim());
    }
  }
}

/** True when nothing is left of it. */
function removeTree(directory: string): boolean {
  // Most have none below: the kernel says so sooner than a look.
  if (removeEmpty(directory)) return true;
  let empty = true;
  for (const entry of directoriesIn(directory)) empty = removeTree(`${directory}/${entry}`) && empty;
  return empty && removeEmpty(directory);
}

/** False when something is in it. */
function removeEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return true;
    if (isErrno(error, "EBUSY", "ENOTEMPTY")) return false;
    throw error;
  }
}

function collectPids(directory: string, pids: Set<number>): void {
  for (const line of readIfThere(`${directory}/cgroup.procs`).split("\n")) {
    // 0 stands for a process of another pid namespace: none that we could signal.
    if (line !== "" && line !== "0") pids.add(Number(line));
  }
  for (const entry of directoriesIn(directory)) collectPids(`${directory}/${entry}`, pids);
}

/** A frozen process dies only once it is thawed. */
function thawDirectory(directory: string): void {
  writeIfThere(`${directory}/freezer.state`, "THAWED");
  writeIfThere(`${directory}/cgroup.freeze`, "0");
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

function directoriesIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENODEV")) return "";
    throw error;
  }
}

function writeIfThere(path: string, text: string): void {
  if (!existsSync(path)) return;
  try {
    writeFileSync(path, text);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENODEV", "EINVAL")) throw error;
  }
}
