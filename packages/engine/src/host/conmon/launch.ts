/** Starts conmon, which has the runtime create the container, and waits for its word on the sync pipe. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import type { MonitorHandle, MonitorLaunch } from "../../ports/monitor.ts";
import type { Processes } from "../../ports/processes.ts";
import { spawnProcess } from "../process/spawn.ts";
import { isErrno } from "../sys/libc.ts";
import { makePipe } from "../sys/pipe.ts";
import { readSome } from "../sys/read.ts";

export interface ConmonPlace {
  readonly path: string;
  readonly exitDir: string;
  /** conmon's whole environment, which its exit command inherits. */
  readonly env: Readonly<Record<string, string>>;
  readonly processes: Processes;
}

export async function launchConmon(place: ConmonPlace, launch: MonitorLaunch): Promise<MonitorHandle> {
  mkdirSync(place.exitDir, { recursive: true, mode: 0o700 });
  const sync = makePipe();
  const stderr = openSync(stderrFile(launch), "w", 0o600);
  let monitor: ReturnType<typeof spawnProcess>;
  try {
    monitor = spawnConmon(place, launch, { sync: sync.write, stderr });
  } catch (error) {
    closeSync(sync.read);
    throw error;
  } finally {
    closeSync(sync.write);
    closeSync(stderr);
  }
  monitor.unref();
  const identity = place.processes.identify(monitor.pid);
  const pid = await readPid(sync.read, launch);
  if (launch.conmonPidFile) writeFileSync(launch.conmonPidFile, String(monitor.pid));
  return { pid: place.processes.identify(pid), monitor: identity };
}

function spawnConmon(
  place: ConmonPlace,
  launch: MonitorLaunch,
  fds: { sync: number; stderr: number },
): ReturnType<typeof spawnProcess> {
  try {
    return spawnProcess({
      argv: [place.path, ...conmonArgs(place, launch)],
      env: { ...place.env, _OCI_SYNCPIPE: "3" },
      // conmon leaves an empty file `oom` in its working directory when the kernel kills for want of memory.
      cwd: launch.bundle,
      stdin: "ignore",
      stdout: "ignore",
      stderr: fds.stderr,
      extra: [fds.sync],
      detached: true,
    });
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "EACCES")) throw cause;
    throw new EngineError("HOST_PART_MISSING", `cannot start conmon: ${place.path} cannot be executed`, {
      cause,
    });
  }
}

export function conmonArgs(place: ConmonPlace, launch: MonitorLaunch): string[] {
  const { runtime, bundle, exec } = launch;
  const runtimeArgs = [...runtime.globalArgs, ...runtime.logArgs(runtimeLog(launch))];
  return [
    "--api-version=1",
    "-c",
    launch.id,
    "-u",
    exec?.sessionId ?? launch.id,
    "-n",
    launch.name,
    "-r",
    runtime.path,
    ...runtimeArgs.flatMap((arg) => ["--runtime-arg", arg]),
    "-b",
    bundle,
    "-p",
    launch.pidFile ?? `${bundle}/pidfile`,
    "--exit-dir",
    exitDir(place, launch),
    // One fork less, and the monitor's pid is that of our child.
    "--sync",
    "--full-attach",
    ...logArgs(launch.log),
    ...stdioArgs(launch),
    ...(launch.timeout > 0 ? [`--timeout=${launch.timeout}`] : []),
    ...(exec === undefined ? [] : ["--exec", "--exec-process-spec", exec.processFile]),
    ...exitCommandArgs(launch.exitCommand),
  ];
}

/** A terminal is its own input; with -i besides, conmon would close it for good when the first client leaves. */
function stdioArgs({ tty, openStdin }: MonitorLaunch): string[] {
  if (tty) return ["-t"];
  return openStdin ? ["-i"] : [];
}

/** A session's record lies with the session's other files, and goes with them. */
function exitDir(place: ConmonPlace, launch: MonitorLaunch): string {
  return launch.exec === undefined ? place.exitDir : launch.bundle;
}

function logArgs(log: MonitorLaunch["log"]): string[] {
  return [
    "-l",
    log.driver === "none" ? "none" : `k8s-file:${log.path}`,
    ...(log.maxSize > 0 ? [`--log-size-max=${log.maxSize}`] : []),
    ...(log.tag === "" ? [] : ["--log-tag", log.tag]),
  ];
}

function exitCommandArgs([program, ...args]: readonly string[]): string[] {
  if (program === undefined) return [];
  return ["--exit-command", program, ...args.flatMap((arg) => ["--exit-command-arg", arg])];
}

/** @throws CONTAINER_COMMAND_NOT_FOUND, …: what the runtime says; CONTAINER_MONITOR_FAILED without a word of it */
async function readPid(fd: number, launch: MonitorLaunch): Promise<number> {
  const answer = await readLine(fd);
  const { data, message } = parseAnswer(answer);
  if (data !== undefined && data > 0) return data;
  const report = readText(runtimeLog(launch));
  if (/"level":\s*"(error|fatal)"/.test(report)) throw launch.runtime.failure(report);
  if (message !== undefined && message !== "") throw launch.runtime.failure(message);
  const said = readText(stderrFile(launch)).trim().split("\n").slice(-3).join("; ");
  throw new EngineError(
    "CONTAINER_MONITOR_FAILED",
    `conmon failed to create container ${launch.id}: ${said === "" ? "no message" : said}`,
    { details: { answer, stderr: said } },
  );
}

async function readLine(fd: number): Promise<string> {
  const buffer = Buffer.alloc(16_384);
  let text = "";
  try {
    while (!text.includes("\n")) {
      const length = await readSome(fd, buffer);
      if (length === 0) break;
      text += buffer.toString("utf8", 0, length);
    }
  } finally {
    closeSync(fd);
  }
  return text.split("\n", 1)[0] ?? "";
}

function parseAnswer(line: string): { data?: number; message?: string } {
  try {
    const answer = JSON.parse(line) as { data?: unknown; message?: unknown };
    return {
      ...(typeof answer.data === "number" ? { data: answer.data } : {}),
      ...(typeof answer.message === "string" ? { message: answer.message } : {}),
    };
  } catch {
    return {};
  }
}

function runtimeLog(launch: MonitorLaunch): string {
  return `${launch.bundle}/runtime.log`;
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
