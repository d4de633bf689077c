/** The process that watches a container: holds its stdio, its log, its exit record. */
import type { TerminalSize } from "@podwright/spec/engine-api/containers";
import type { ProcessIdentity } from "./processes.ts";
import type { OciRuntime } from "./runtime.ts";

export interface MonitorLaunch {
  readonly id: string;
  readonly name: string;
  /** What creates the container; its failures are worded by it. */
  readonly runtime: OciRuntime;
  /** Directory with config.json; attach socket, ctl fifo and pid files are put there. */
  readonly bundle: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly log: {
    readonly driver: string;
    readonly path: string;
    readonly maxSize: number;
    /** More than 1: the monitor does not rotate by itself. */
    readonly maxFiles?: number;
    readonly tag: string;
  };
  /** Arguments of the command that conmon runs after the container has ended; [] for none. */
  readonly exitCommand: readonly string[];
  /** Seconds after which conmon kills the container; 0 is never. */
  readonly timeout: number;
  /** Descriptors of ours that the monitor keeps open while it lives, and that the container never gets. */
  readonly keepOpen?: readonly number[];
  /** That many descriptors of ours, from 3 on, have the same numbers in the container. */
  readonly preserveFds?: number;
  readonly conmonPidFile?: string;
  readonly pidFile?: string;
  /** For an exec session: `bundle` is then the session's own directory. */
  readonly exec?: ExecSessionLaunch;
}

export interface ExecSessionLaunch {
  readonly processFile: string;
  readonly sessionId: string;
}

export interface MonitorHandle {
  /** The container's init (or the exec session's process); undefined when it has ended already. */
  readonly pid: ProcessIdentity | undefined;
  readonly monitor: ProcessIdentity | undefined;
}

export interface ExitRecord {
  /** 0-255. */
  readonly exitCode: number;
  /** Milliseconds since 1970: when the record was written. */
  readonly at: number;
  readonly oomKilled: boolean;
}

/** A monitor that waits. Disposing ends one that was told nothing. */
export interface PreparedMonitor extends Disposable {
  /** Once, when the bundle is complete. @throws as ContainerMonitor.launch */
  create(): Promise<MonitorHandle>;
}

/** Holds a container's stdio, log, attach socket and exit record while the engine comes and goes. */
export interface ContainerMonitor {
  readonly path: string;
  version(): Promise<string>;
  /** Spawns the monitor, which has the runtime create the container; resolves once it is created.
   * @throws CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_NOT_EXECUTABLE, CONTAINER_RUNTIME_FAILED */
  launch(launch: MonitorLaunch): Promise<MonitorHandle>;
  /** As `launch`, in two halves: its own start takes as long as writing the bundle, and needs nothing of it. */
  prepare(launch: MonitorLaunch): PreparedMonitor;
  /** Starts an exec session (`launch.exec`) with the caller attached from its first byte. @throws as `launch` */
  launchSession(launch: MonitorLaunch): Promise<AttachedSession>;
  /**
   * Ends the creation of a container whose engine died over it, with the runtime and all else that the monitor has
   * started; nothing of it runs any more when this resolves. Looks at every process where no monitor was noted.
   */
  endUnfinished(id: string, noted: ProcessIdentity | undefined): Promise<void>;
  /** The exit record of a container (or exec session), undefined while there is none. */
  readExit(id: string): ExitRecord | undefined;
  /** Resolves with the record; undefined when the monitor died without leaving one. */
  waitExit(
    id: string,
    monitor: ProcessIdentity | undefined,
    signal?: AbortSignal,
  ): Promise<ExitRecord | undefined>;
  forgetExit(id: string): void;
  /** Ids whose exit record is there: those that have ended and were not noted yet. */
  pendingExits(): readonly string[];
  /** Connects to the attach socket in a bundle. */
  attach(bundle: string): Promise<AttachConnection>;
  /** Nothing happens when the container is gone. */
  resize(bundle: string, size: TerminalSize): void;
  /** It goes on in a new file, which it puts in the place of the present one if there is one. */
  reopenLog(bundle: string): void;
  /** What it has done of what it was told by `resize` and `reopenLog`. */
  orders(bundle: string, monitor: ProcessIdentity): OrdersDone;
}

/** `unread`: not all; `busy`: read, and perhaps at work on the last; `done`: it waits for something to happen. */
export type OrdersDone = "unread" | "busy" | "done";

export interface AttachedSession {
  readonly connection: AttachConnection;
  /** Of the session's process, once it has ended; undefined when the monitor died without telling. */
  readonly exitCode: Promise<number | undefined>;
}

export interface AttachConnection extends AsyncDisposable {
  /** Packets until the container's output has ended. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }>;
  write(bytes: Uint8Array): Promise<void>;
  /** The container's standard input sees its end. */
  endInput(): void;
}
