/** Spawns conmon with its pipes, clean of everything that is the caller's. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import type { MonitorLaunch } from "../../ports/monitor.ts";
import type { ProcessIdentity, Processes } from "../../ports/processes.ts";
import { type ChildStdio, fromThree, type SpawnRequest, spawnProcess } from "../process/spawn.ts";
import { isErrno } from "../sys/libc.ts";
import { duplicate, makePipe } from "../sys/pipe.ts";
import { conmonArgs, runtimeLog } from "./arguments.ts";
import { SyncPipe, type Word } from "./sync-pipe.ts";

export interface ConmonPlace {
  readonly path: string;
  readonly exitDir: string;
  /** conmon's whole environment, which its exit command inherits. */
  readonly env: Readonly<Record<string, string>>;
  readonly processes: Processes;
}

export interface SpawnedMonitor {
  readonly pid: number;
  readonly identity: ProcessIdentity | undefined;
  readonly sync: SyncPipe;
  /** Of an attached session: conmon says there that its socket is ready. */
  readonly attach: SyncPipe;
  /** For writing: a byte lets one go on that waits. */
  readonly start: number;
}

/** Before them come the descriptors that the container gets. */
const SYNC = 3;
const START = 4;
const ATTACH = 5;

/** `twice` is for an exec session, which conmon is to start only once we are attached. */
export function spawnConmon(
  place: ConmonPlace,
  launch: MonitorLaunch,
  { waits }: { readonly waits: "never" | "once" | "twice" },
): SpawnedMonitor {
  mkdirSync(place.exitDir, { recursive: true, mode: 0o700 });
  const preserved = launch.preserveFds ?? 0;
  const held = launch.keepOpen ?? [];
  // One that is put in its place must not be where another still comes from.
  const least = preserved > 0 ? preserved + ATTACH + 1 + held.length : 0;
  const [sync, start, attach] = [makePipe(least), makePipe(least), makePipe(least)];
  const keepOpen = held.map((fd) => (least > 0 ? duplicate(fd, least) : fd));
  const attached = waits === "twice";
  // The container gets our standard streams through conmon and the runtime, which let go of them.
  const passes = launch.log.driver.startsWith("passthrough");
  const pipes = {
    _OCI_SYNCPIPE: `${preserved + SYNC}`,
    ...(waits === "never" ? {} : { _OCI_STARTPIPE: `${preserved + START}` }),
    ...(attached ? { _OCI_ATTACHPIPE: `${preserved + ATTACH}` } : {}),
  };
  const stderr = openSync(stderrFile(launch), "w", 0o600);
  try {
    const child = startProcess(place, {
      argv: [place.path, ...conmonArgs(launch, { exitDir: place.exitDir, attached })],
      env: { ...place.env, ...pipes },
      // conmon leaves an empty file `oom` in its working directory when the kernel kills for want of memory.
      cwd: launch.bundle,
      stdio: passes ? "inherit" : "ignore",
      stderr: passes ? "inherit" : stderr,
      // conmon and the runtime hand nothing on to the container but its standard streams and what comes first.
      extra: [
        ...fromThree(preserved),
        sync.write,
        ...(waits === "never" ? [] : [start.read]),
        ...(attached ? [attach.write] : []),
        ...keepOpen,
      ],
    });
    child.unref();
    return {
      pid: child.pid,
      identity: place.processes.identify(child.pid),
      sync: new SyncPipe(sync.read),
      attach: new SyncPipe(attach.read),
      start: start.write,
    };
  } catch (error) {
    for (const fd of [sync.read, attach.read, start.write]) closeSync(fd);
    throw error;
  } finally {
    for (const fd of [sync.write, attach.write, start.read, stderr]) closeSync(fd);
    if (least > 0) for (const fd of keepOpen) closeSync(fd);
  }
}

/** Lets conmon go on that waits. */
export function goOn({ start }: SpawnedMonitor): void {
  try {
    writeSync(start, "1");
  } catch (error) {
    // It is gone already; the sync pipe says why.
    if (!isErrno(error, "EPIPE")) throw error;
  }
}

/** Gives the pipes back that only one needs that waits. */
export function closeUnused(monitor: SpawnedMonitor): void {
  monitor.attach[Symbol.dispose]();
  closeSync(monitor.start);
}

interface MonitorProcess extends Omit<SpawnRequest, "stdin" | "stdout" | "detached"> {
  readonly stdio: ChildStdio;
}

function startProcess(
  place: ConmonPlace,
  { stdio, ...request }: MonitorProcess,
): ReturnType<typeof spawnProcess> {
  try {
    return spawnProcess({ ...request, stdin: stdio, stdout: stdio, detached: true });
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "EACCES")) throw cause;
    throw new EngineError("HOST_PART_MISSING", `cannot start conmon: ${place.path} cannot be executed`, {
      cause,
    });
  }
}

/**
 * The pid that conmon's word gives.
 * @throws CONTAINER_COMMAND_NOT_FOUND, …: what the runtime says; CONTAINER_MONITOR_FAILED without a word of it
 */
export function pidOf(word: Word | undefined, launch: MonitorLaunch): number {
  if (word !== undefined && word.data > 0) return word.data;
  const report = readText(runtimeLog(launch));
  if (/"level":\s*"(error|fatal)"/.test(report)) throw launch.runtime.failure(report);
  if (word !== undefined && word.message !== "") throw launch.runtime.failure(word.message);
  const said = readText(stderrFile(launch)).trim().split("\n").slice(-3).join("; ");
  throw new EngineError(
    "CONTAINER_MONITOR_FAILED",
    `conmon failed to create container ${launch.id}: ${said === "" ? "no message" : said}`,
    { details: { answer: word, stderr: said } },
  );
}

function stderrFile(launch: MonitorLaunch): string {
  return `${launch.bundle}/monitor.log`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
