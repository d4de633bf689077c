/** What the supervisor watches: who wants to act, and when. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";

export interface Watch {
  /** Milliseconds since 1970 at which it wants to act; undefined: it only waits for the world to change. */
  due(): number | undefined;
  /** Acts. Never called while an earlier call of the same watch is under way; the signal ends the supervisor. */
  act(signal: AbortSignal): Promise<void>;
}

/** All there is, as it was just read. */
export interface World {
  readonly containers: readonly { readonly record: ContainerRecord; readonly status: ContainerStatus }[];
  readonly pods: readonly PodRecord[];
}

/**
 * One per kind of watching: health, probes, restarts, jobs, log rotation. Asked again whenever the world may have
 * changed: by a command's wake, by an exit record, after an act.
 */
export interface WatchMaker {
  /** By a key that names kind and object; those of `previous` that still hold are given back as they are. */
  watches(world: World, previous: ReadonlyMap<string, Watch>): ReadonlyMap<string, Watch>;
}
