import type { RuntimeResources } from "@podwright/spec/oci-runtime/spec";

/** One file of a cgroup. */
export interface LimitValue {
  readonly file: string;
  readonly value: string;
}

/** The cgroup hierarchies of this host: v2 ("unified"), v1, or hybrid. Paths are relative to the mounts: "/podwright-1a2b3c4d/<id>". */
export interface Cgroups {
  readonly version: "v1" | "v2" | "hybrid";
  /** Controllers that limits can use. */
  readonly controllers: readonly string[];
  create(path: string): void;
  /** A runtime is about to move a process into a cgroup: until disposed, the kernel is kept ready for it. */
  expectEntry(): Disposable;
  /** All of them, or a failure and all as before. @throws HOST_CALL_FAILED */
  apply(path: string, resources: RuntimeResources): void;
  /** What `apply` would replace, as it is now: for `restore`. */
  limitsNow(path: string, resources: RuntimeResources): readonly LimitValue[];
  /** A missing cgroup is no error. */
  restore(path: string, values: readonly LimitValue[]): void;
  /** Pids in the cgroup and below it. */
  processes(path: string): number[];
  /** Kills what is in it, then removes it and what is below; a missing one is no error. */
  remove(path: string): Promise<void>;
  exists(path: string): boolean;
  oomKilled(path: string): boolean;
  /**
   * Its processes, and those that come, stand still; resolves once they do.
   * @throws CONTAINER_RUNTIME_FAILED where they do not (one waits for a device), and then none does
   */
  freeze(path: string): Promise<void>;
  /** They go on. A missing one is no error. */
  thaw(path: string): void;
  /** They stand still, or are about to. */
  isFrozen(path: string): boolean;
  /** What the kernel has counted; undefined when it is gone. */
  usage(path: string): CgroupUsage | undefined;
}

/** Bytes and nanoseconds, since the cgroup was made. Zero for what this host does not count. */
export interface CgroupUsage {
  readonly cpuNanoseconds: number;
  readonly cpuSystemNanoseconds: number;
  /** What would have to go to swap: files that are only cached are none of it. */
  readonly memory: number;
  /** undefined for none. */
  readonly memoryLimit: number | undefined;
  readonly blockInput: number;
  readonly blockOutput: number;
  readonly pids: number;
}
