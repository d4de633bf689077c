import type { ProcessIdentity } from "./processes.ts";

export interface MonitorLaunch {
  readonly id: string;
  readonly name: string;
  /** Directory with config.json; attach socket, ctl fifo and pid files are put there. */
  readonly bundle: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly log: {
    readonly driver: string;
    readonly path: string;
    readonly maxSize: number;
    readonly tag: string;
  };
  /** Arguments of the command that conmon runs after the container has ended; [] for none. */
  readonly exitCommand: readonly string[];
  /** Seconds after which conmon kills the container; 0 is never. */
  readonly timeout: number;
  /** cgroup paths (per hierarchy or the unified one) that the monitor is to start in, if any. */
  readonly conmonPidFile?: string;
  readonly pidFile?: string;
  /** For an exec session: the process.json and the session's id. */
  readonly exec?: { readonly processFile: string; readonly sessionId: string; readonly sessionDir: string };
  /** File descriptors that the container keeps. */
  readonly preserveFds?: number;
}

export interface MonitorHandle {
  /** The container's init (or the exec session's process). */
  readonly pid: ProcessIdentity;
  readonly monitor: ProcessIdentity | undefined;
}

export interface ExitRecord {
  /** 0-255. */
  readonly exitCode: number;
  /** Milliseconds since 1970: when the record was written. */
  readonly at: number;
  readonly oomKilled: boolean;
}

/** Holds a container's stdio, log, attach socket and exit record while the engine comes and goes. */
export interface ContainerMonitor {
  readonly path: string;
  version(): Promise<string>;
  /** Spawns the monitor, which has the runtime create the container; resolves once it is created.
   * @throws CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_NOT_EXECUTABLE, CONTAINER_RUNTIME_FAILED */
  launch(launch: MonitorLaunch): Promise<MonitorHandle>;
  /** The exit record of a container (or exec session), undefined while there is none. */
  readExit(id: string): ExitRecord | undefined;
  /** Resolves with the record; undefined when the monitor died without leaving one. */
  waitExit(
    id: string,
    monitor: ProcessIdentity | undefined,
    signal?: AbortSignal,
  ): Promise<ExitRecord | undefined>;
  forgetExit(id: string): void;
  /** Connects to the attach socket in a bundle. */
  attach(bundle: string): Promise<AttachConnection>;
  resize(bundle: string, size: { readonly rows: number; readonly columns: number }): Promise<void>;
  reopenLog(bundle: string): Promise<void>;
}

export interface AttachConnection extends AsyncDisposable {
  /** Packets until the container's output has ended. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }>;
  write(bytes: Uint8Array): Promise<void>;
  /** The container's standard input sees its end. */
  endInput(): void;
}
