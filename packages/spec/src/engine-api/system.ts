import type { ContainerStatus } from "./containers.ts";
import type { Filters, Outcome } from "./common.ts";

/** `info`, a tree of plain data in Podman's shape (podman.md §4). */
export type SystemInfo = Readonly<Record<string, unknown>>;

export interface SystemApi {
  info(): Promise<SystemInfo>;
  /** Becomes the command, inside an ordinary user's namespaces: returns by its error alone. @throws USERNS_UNAVAILABLE */
  unshare(argv: readonly string[]): Promise<never>;
  /** Runs it in the network namespace of that user's bridges, which is there for so long at least. Gives its exit status. */
  unshareNetwork(argv: readonly string[]): Promise<number>;
  /** Stops all that runs; of an ordinary user, the namespaces go as well, and the next command makes new ones. */
  migrate(): Promise<void>;
  /** Removes every object, then the store and the run directory themselves. */
  reset(): Promise<void>;
  /** Removes what nobody uses. Bytes that it gave back, by kind. */
  prune(options: SystemPruneOptions): Promise<SystemPruneReport>;
  /** What everything takes on disk. */
  diskUsage(): Promise<DiskUsage>;
  /** What a boot starts: those whose policy asks for it and that ran before. Gives what became of each. */
  boot(): Promise<readonly Outcome[]>;
  /** Has the host run `boot` when it comes up, or no longer; gives what was done (or would be), a line each. */
  bootHook(action: BootHookAction): Promise<readonly string[]>;
  /** Watches over health, probes, restarts and jobs until nothing needs it. Returns at once where another does. */
  supervise(signal: AbortSignal): Promise<void>;
}

export type BootHookAction = "install" | "uninstall" | "show";

/** Sizes in bytes, times in milliseconds since 1970. */
export interface DiskUsage {
  /** Of all layers, each counted once. */
  readonly imagesSize: number;
  /** A row for each name of an image. */
  readonly images: readonly ImageUsage[];
  readonly containers: readonly ContainerUsage[];
  readonly volumes: readonly VolumeUsage[];
}

export interface ImageUsage {
  readonly repository: string;
  readonly tag: string;
  readonly id: string;
  readonly created: number;
  readonly size: number;
  readonly sharedSize: number;
  readonly uniqueSize: number;
  readonly containers: number;
}

export interface ContainerUsage {
  readonly id: string;
  readonly imageId: string;
  readonly command: readonly string[];
  readonly localVolumes: number;
  /** With the image. */
  readonly size: number;
  readonly rwSize: number;
  readonly created: number;
  readonly status: ContainerStatus;
  readonly name: string;
}

export interface VolumeUsage {
  readonly name: string;
  /** Containers that have it. */
  readonly links: number;
  readonly size: number;
  readonly reclaimable: number;
}

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
