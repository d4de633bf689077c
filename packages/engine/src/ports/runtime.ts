/** An OCI runtime by its command line (runtime-spec, "Runtime and Lifecycle"). */
export interface OciRuntime {
  /** "crun", "runc". */
  readonly name: string;
  readonly path: string;
  /** Global arguments that every call carries: `--root DIR`, … */
  readonly globalArgs: readonly string[];
  version(): Promise<string>;
  /** The user process starts. @throws CONTAINER_COMMAND_NOT_FOUND, CONTAINER_RUNTIME_FAILED */
  start(id: string): Promise<void>;
  /** Ends what is left and forgets it; an unknown id is no error. */
  delete(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Arguments (after `path`) of an interactive exec of a process.json on the caller's stdio. */
  execArgs(id: string, processFile: string): readonly string[];
  /** True when the container was created and not yet started. */
  awaitsStart(id: string): boolean;
}
