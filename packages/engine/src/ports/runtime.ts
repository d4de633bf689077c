import type { EngineError } from "@podwright/spec/errors/engine-error";
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";

/** An OCI runtime by its command line (runtime-spec, "Runtime and Lifecycle"). */
export interface OciRuntime {
  /** "crun", "runc". */
  readonly name: string;
  readonly path: string;
  /** Global arguments that every call carries: `--root DIR`, … */
  readonly globalArgs: readonly string[];
  version(): Promise<string>;
  /** The same in effect, in the form that takes this runtime the least time. */
  tuned(spec: RuntimeSpec): RuntimeSpec;
  /** The container was created from this spec, before it was tuned: what helps the next one is kept. */
  learn(id: string, spec: RuntimeSpec): void;
  /**
   * The user process starts. `hooks` says that the runtime spec has some: then the runtime's own command does it.
   * @throws CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_NOT_EXECUTABLE, CONTAINER_RUNTIME_FAILED
   */
  start(id: string, options?: { readonly hooks: boolean }): Promise<void>;
  /** Ends what is left and forgets it; an unknown id is no error. */
  delete(id: string): Promise<void>;
  /** As delete, for a container without hooks whose processes are known to be gone: its record alone is left. */
  forget(id: string): void;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Its processes stand still while `work` is done, and go on afterwards even when we are killed. */
  pausedWhile<T>(id: string, work: () => Promise<T>): Promise<T>;
  /** Runs a process.json in a running container on the caller's own stdio and terminal; gives its exit code.
   * @throws CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_NOT_EXECUTABLE, CONTAINER_RUNTIME_FAILED */
  exec(request: RuntimeExec): Promise<number>;
  /**
   * As exec, on nobody's stdio: gives the last of what it said. With the time over, or the signal aborted, the
   * process is killed, with its group and all that it has started.
   */
  execCaptured(request: CapturedExec): Promise<CapturedEnd>;
  /** Ends the process of an `execCaptured` whose caller was killed, with all that it has started. */
  endExec(pid: number): void;
  /** True when the container was created and not yet started. */
  awaitsStart(id: string): boolean;
  /** Global arguments that send the runtime's messages to a file, for `failure`. */
  logArgs(file: string): readonly string[];
  /** The error that a failed call's log file (or standard error) tells of, worded as Podman words it. */
  failure(report: string): EngineError;
}

export interface RuntimeExec {
  readonly id: string;
  readonly processFile: string;
  /** Where the runtime is to report a failure. */
  readonly logFile: string;
  /** Without: the process reads end-of-file. */
  readonly stdin: boolean;
  /** That many descriptors of ours, from 3 on, have the same numbers in the process. */
  readonly preserveFds?: number;
}

export interface CapturedExec {
  readonly id: string;
  readonly processFile: string;
  readonly logFile: string;
  /** Where the runtime writes the process's pid. */
  readonly pidFile: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes of output that are kept, the first ones of both streams in their order; absent: the last kilobytes. */
  readonly keptFirst?: number;
  readonly signal?: AbortSignal;
}

export interface CapturedEnd {
  /** 128 + n when signal n ended it. */
  readonly exitCode: number;
  /** It was killed, for the time was over or nobody waited any more. */
  readonly killed: boolean;
  /** What was kept of both streams. */
  readonly output: string;
}
