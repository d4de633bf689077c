import type { Filters, Outcome } from "./common.ts";

/** `info`, a tree of plain data in Podman's shape (podman.md §4). */
export type SystemInfo = Readonly<Record<string, unknown>>;

export interface SystemApi {
  info(): Promise<SystemInfo>;
  /** Removes every object, then the store and the run directory themselves. */
  reset(): Promise<void>;
  /** Removes what nobody uses. Bytes that it gave back, by kind. */
  prune(options: SystemPruneOptions): Promise<SystemPruneReport>;
  /** What a boot starts: those whose policy asks for it and that ran before. Gives what became of each. */
  boot(): Promise<readonly Outcome[]>;
  /** Has the host run `boot` when it comes up, or no longer; gives what was done (or would be), a line each. */
  bootHook(action: BootHookAction): Promise<readonly string[]>;
  /** Watches over health, probes, restarts and jobs until nothing needs it. Returns at once where another does. */
  supervise(signal: AbortSignal): Promise<void>;
}

export type BootHookAction = "install" | "uninstall" | "show";

export interface SystemPruneOptions {
  /** Also images with a name that no container uses. */
  readonly all: boolean;
  readonly volumes: boolean;
  readonly filters: Filters;
}

export interface SystemPruneReport {
  readonly containers: readonly Outcome[];
  readonly pods: readonly Outcome[];
  readonly images: readonly Outcome[];
  readonly networks: readonly Outcome[];
  readonly volumes: readonly Outcome[];
  /** Bytes. */
  readonly reclaimed: number;
}
