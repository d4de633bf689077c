/** What containers and pods use of the machine at this moment: their processes, their share of it. */
import type { Selection } from "./containers.ts";

/** One `top`. */
export interface TopRequest {
  /** Descriptors (`pid`, `huser`, …), or options of ps(1) as a user types them; [] for the default ones. */
  readonly descriptors: readonly string[];
}

export interface ProcessTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Cumulative figures since the container's start, as the kernel counts them. Bytes, nanoseconds. All are 0 of one that
 * does not run.
 */
export interface ContainerUsage {
  readonly id: string;
  readonly name: string;
  readonly podId: string;
  readonly podName: string;
  /** Milliseconds since 1970 of this reading. */
  readonly at: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly cpuNanoseconds: number;
  readonly cpuSystemNanoseconds: number;
  /** Of one processor's time since the previous reading of the same stream: 100 is one whole processor. */
  readonly cpuPercent: number;
  /** The same since the container's start. */
  readonly averageCpuPercent: number;
  /** What is its own; files that are only cached are not. */
  readonly memory: number;
  /** That of the container, or all of the machine's memory. */
  readonly memoryLimit: number;
  readonly memoryPercent: number;
  readonly netInput: number;
  readonly netOutput: number;
  readonly blockInput: number;
  readonly blockOutput: number;
  readonly pids: number;
}

export interface StatsOptions {
  /** Also those that do not run. */
  readonly all: boolean;
  /** One reading; else one per interval until the signal. */
  readonly stream: boolean;
  /** Milliseconds between readings. */
  readonly interval: number;
}

export interface UsageApi {
  /** @throws CONTAINER_NOT_FOUND, CONTAINER_STATE_IMPROPER where it does not run */
  containerTop(nameOrId: string, request: TopRequest): Promise<ProcessTable>;
  /** Of all members that run. ps(1) sees one container at a time, so its options are not for pods. */
  podTop(nameOrId: string, request: TopRequest): Promise<ProcessTable>;
  /**
   * Readings of all chosen at once, time after time. [] and not `all` chooses all that run or are paused; those that
   * come and go meanwhile do so in the readings. @throws CONTAINER_NOT_FOUND for one that was named, at any reading
   */
  containerStats(
    selection: Selection,
    options: StatsOptions,
    signal?: AbortSignal,
  ): AsyncIterable<readonly ContainerUsage[]>;
  /** Of the pods' containers, those that do not run included. [] chooses all pods. */
  podStats(
    selection: Selection,
    options: StatsOptions,
    signal?: AbortSignal,
  ): AsyncIterable<readonly ContainerUsage[]>;
}
