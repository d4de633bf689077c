/**
 * What health checks and probes have found of a container's present run. Kept on tmpfs, for it changes with every
 * check: a file per container, written whole, read by whoever shows it.
 */
import type { HealthStatus } from "@podwright/spec/engine-api/health";

export interface WatchState {
  /** Start time of the init of the run that it tells of (ProcessIdentity): that of another run counts for nothing. */
  readonly run: number;
  readonly health?: HealthState;
  readonly probes?: ProbesState;
}

export interface HealthState {
  readonly status: HealthStatus;
  readonly failingStreak: number;
  /** The start-up check has succeeded often enough, or there is none. */
  readonly startupPassed: boolean;
  /** Successes, or failures, of the start-up check in a row. */
  readonly startupStreak: number;
  /** The last results, the oldest first. */
  readonly log: readonly HealthLogEntry[];
}

export interface HealthLogEntry {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly exitCode: number;
  readonly output: string;
}

/** One per probe that the container has. */
export interface ProbesState {
  readonly startup?: ProbeState;
  readonly readiness?: ProbeState;
  readonly liveness?: ProbeState;
}

export interface ProbeState {
  /** Undefined until it was decided for the first time. */
  readonly passed?: boolean;
  /** Results in a row that say the opposite of `passed`. */
  readonly streak: number;
  /** Of the last failure. */
  readonly message: string;
}

export interface WatchStates {
  read(containerId: string): WatchState | undefined;
  write(containerId: string, state: WatchState): void;
  forget(containerId: string): void;
}
