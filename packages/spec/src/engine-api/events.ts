/** Events: what became of the engine's objects, as they happen (podman-events(1)). */
import type { Filters, Labels } from "./common.ts";

export type EventType = "container" | "image" | "network" | "pod" | "secret" | "system" | "volume";

/** Podman's names. */
export type EventStatus =
  | "attach"
  | "checkpoint"
  | "cleanup"
  | "commit"
  | "connect"
  | "copy"
  | "create"
  | "died"
  | "disconnect"
  | "exec"
  | "exec_died"
  | "export"
  | "health_status"
  | "history"
  | "import"
  | "init"
  | "kill"
  | "loadfromarchive"
  | "log-rotation"
  | "mount"
  | "pause"
  | "prune"
  | "pull"
  | "pull-error"
  | "push"
  | "refresh"
  | "remove"
  | "rename"
  | "restart"
  | "save"
  | "start"
  | "stop"
  | "sync"
  | "tag"
  | "unmount"
  | "unpause"
  | "untag"
  | "update";

/** An event as its writer knows it. */
export interface NewEvent {
  readonly type: EventType;
  readonly status: EventStatus;
  /** 64 hex; "" for what has a name alone (a volume, the system). */
  readonly id: string;
  /** "" for a network, whose name is `network`. */
  readonly name: string;
  /** Of a container: its image's name. */
  readonly image?: string;
  readonly podId?: string;
  /** The network's name, of every event of a network. */
  readonly network?: string;
  /** Of `died` and `exec_died`. */
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  /** Of `health_status`. */
  readonly healthStatus?: string;
  readonly healthFailingStreak?: number;
  readonly healthLog?: string;
  /** Of `create`, where containers.conf asks for it: what `inspect` says, as JSON. */
  readonly inspectData?: string;
  readonly error?: string;
  /** Labels, and what else describes it. */
  readonly attributes: Labels;
}

export interface EngineEvent extends NewEvent {
  /** Seconds since 1970, and nanoseconds within that second. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface ReadEventsOptions {
  readonly filters: Filters;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** Goes on with what happens from now on. */
  readonly stream: boolean;
}

export interface EventsApi {
  /**
   * As they were written. With neither `since` nor `until` a stream begins with now. Ends with the signal, or at
   * `until`. @throws VALUE_INVALID for a filter that there is not, EVENTS_UNAVAILABLE where none are kept
   */
  read(options: ReadEventsOptions, signal?: AbortSignal): AsyncIterable<EngineEvent>;
}
