/** conmon's command line for a container or an exec session. */
import type { MonitorLaunch } from "../../ports/monitor.ts";

export function conmonArgs(
  launch: MonitorLaunch,
  options: { readonly exitDir: string; readonly attached: boolean },
): string[] {
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
    // A session's record lies with the session's other files, and goes with them.
    "--exit-dir",
    launch.exec === undefined ? options.exitDir : bundle,
    // One fork less, and the monitor's pid is that of our child.
    "--sync",
    "--full-attach",
    ...logArgs(launch.log),
    ...stdioArgs(launch),
    ...(launch.timeout > 0 ? [`--timeout=${launch.timeout}`] : []),
    ...(exec === undefined ? [] : ["--exec", "--exec-process-spec", exec.processFile]),
    ...(options.attached ? ["--exec-attach"] : []),
    ...preserveArgs(launch.preserveFds ?? 0),
    ...exitCommandArgs(launch.exitCommand),
  ];
}

/** A terminal is its own input; with -i besides, conmon would close it for good when the first client leaves. */
function stdioArgs({ tty, openStdin }: MonitorLaunch): string[] {
  if (tty) return ["-t"];
  return openStdin ? ["-i"] : [];
}

/** For the runtime: conmon itself hands on what it was started with. */
function preserveArgs(count: number): string[] {
  return count > 0 ? ["--runtime-opt", "--preserve-fds", "--runtime-opt", `${count}`] : [];
}

function logArgs(log: MonitorLaunch["log"]): string[] {
  switch (log.driver) {
    case "none":
      return ["-l", "none"];
    case "passthrough":
    case "passthrough-tty":
      return ["-l", "passthrough"];
    case "journald":
      // Of files alone it makes no use of a tag, but refuses one.
      return ["-l", "journald", ...(log.tag === "" ? [] : ["--log-tag", log.tag])];
    default: {
      // Its own rotation drops the full file: where more than one is kept, the engine rotates.
      const own = log.maxSize > 0 && (log.maxFiles ?? 1) === 1;
      return ["-l", `k8s-file:${log.path}`, ...(own ? [`--log-size-max=${log.maxSize}`] : [])];
    }
  }
}

function exitCommandArgs([program, ...args]: readonly string[]): string[] {
  if (program === undefined) return [];
  return ["--exit-command", program, ...args.flatMap((arg) => ["--exit-command-arg", arg])];
}

/** Where the runtime reports what went wrong. */
export function runtimeLog(launch: MonitorLaunch): string {
  return `${launch.bundle}/runtime.log`;
}
