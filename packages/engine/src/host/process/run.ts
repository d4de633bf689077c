/** Runs a command to its end and collects what it says. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isErrno } from "../sys/libc.ts";

export interface RunRequest {
  readonly argv: readonly string[];
  /** Added to a minimal environment (PATH, and LC_ALL=C so that messages can be matched). */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Milliseconds; then the child is killed. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number;
  /** "SIGKILL" */
  readonly signal: string | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Any exit status is a result. @throws HOST_PART_MISSING when the program cannot be started. */
export async function runCommand(request: RunRequest): Promise<RunResult> {
  const started = performance.now();
  const child = start(request);
  const timer =
    request.timeoutMs === undefined ? undefined : setTimeout(() => child.kill(9), request.timeoutMs);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  return {
    stdout: Buffer.from(stdout),
    stderr,
    exitCode: child.exitCode ?? 128,
    signal: child.signalCode === null ? undefined : String(child.signalCode),
    duration: performance.now() - started,
  };
}

function start(request: RunRequest) {
  try {
    return Bun.spawn([...request.argv], {
      env: { PATH: SYSTEM_PATH, LC_ALL: "C", ...request.env },
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      stdin: request.input === undefined ? "ignore" : Buffer.from(request.input),
      stdout: "pipe",
      stderr: "pipe",
    });
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "EACCES")) throw cause;
    throw new EngineError(
      "HOST_PART_MISSING",
      `cannot start ${request.argv[0]}: not found or not executable`,
      {
        cause,
      },
    );
  }
}

/** As runCommand, but a failing command throws. @throws HOST_COMMAND_FAILED, HOST_PART_MISSING */
export async function runChecked(request: RunRequest): Promise<RunResult> {
  const result = await runCommand(request);
  if (result.exitCode === 0 && result.signal === undefined) return result;
  const tail = result.stderr.trim().split("\n").slice(-3).join("; ");
  const how = result.signal ?? `exit status ${result.exitCode}`;
  throw new EngineError("HOST_COMMAND_FAILED", `${request.argv[0]}: ${tail === "" ? how : tail}`, {
    details: {
      argv: request.argv,
      exitCode: result.exitCode,
      signal: result.signal,
      durationMs: Math.round(result.duration),
      stderr: tail,
    },
  });
}
