/** Starts child processes: with `run.ts`, the only folder that does. */

export interface SpawnRequest {
  readonly argv: readonly string[];
  /** The child's whole environment; nothing of ours leaks in. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** "ignore" is /dev/null, "inherit" is ours, a number is that descriptor of ours. */
  readonly stdin: ChildStdio;
  readonly stdout: ChildStdio;
  readonly stderr: ChildStdio;
  /** Our descriptors that become 3, 4, … of the child. All others are closed in it. */
  readonly extra?: readonly number[];
  /** A session and process group of its own: signals of the terminal do not reach it. */
  readonly detached?: boolean;
}

export interface SpawnedProcess {
  readonly pid: number;
  readonly exited: Promise<{ readonly exitCode: number; readonly signal: string | undefined }>;
  kill(signal: number): void;
  /** The engine may exit without waiting for it. */
  unref(): void;
}

/** Our descriptors 3, 4, …: as `extra` they have the same numbers in the child. */
export function fromThree(count: number): number[] {
  return Array.from({ length: count }, (_, at) => 3 + at);
}

export type ChildStdio = "ignore" | "inherit" | number;

/** @throws the system's error (ENOENT, EACCES) when the program cannot be started. */
export function spawnProcess(request: SpawnRequest): SpawnedProcess {
  const child = Bun.spawn([...request.argv], {
    env: { ...request.env },
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    stdio: [request.stdin, request.stdout, request.stderr, ...(request.extra ?? [])],
    ...(request.detached ? { detached: true } : {}),
  });
  return {
    pid: child.pid,
    exited: child.exited.then(() => ({
      exitCode: child.exitCode ?? 128,
      signal: child.signalCode === null ? undefined : String(child.signalCode),
    })),
    kill: (signal) => child.kill(signal),
    unref: () => child.unref(),
  };
}
