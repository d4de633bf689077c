/** Rotates the logs of running containers that keep several files (`--log-opt max-file`). */
import type { Log } from "../../base/log.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { Clock } from "../../ports/ids.ts";
import type { Locks } from "../../ports/lock.ts";
import type { ContainerMonitor } from "../../ports/monitor.ts";
import type { Processes } from "../../ports/processes.ts";
import { placesOf } from "../../container/places.ts";
import type { Settings } from "../../ports/settings.ts";
import type { Watch, WatchMaker, World } from "../watch.ts";
import { LogRotator, type RotatorParts, type WatchedLog } from "./rotated-log.ts";

export interface LogRotationContext {
  readonly settings: Settings;
  readonly monitor: Pick<ContainerMonitor, "reopenLog" | "orders">;
  readonly processes: Pick<Processes, "isAlive">;
  readonly locks: Pick<Locks, "tryAcquire">;
  readonly clock: Clock;
  readonly log: Log;
}

const KEY = "log-rotation";

/** One watch for all logs, so that many of them wake the supervisor no more often than one. */
export function logRotation(ctx: LogRotationContext): WatchMaker {
  return {
    watches(world: World, previous: ReadonlyMap<string, Watch>): ReadonlyMap<string, Watch> {
      const logs = world.containers.flatMap(({ record }) => watchedLog(ctx, record) ?? []);
      if (logs.length === 0) return new Map();
      const known = previous.get(KEY);
      const watch = known instanceof RotationWatch ? known : new RotationWatch(ctx);
      watch.update(logs);
      return new Map([[KEY, watch]]);
    },
  };
}

/** A kept log of a container whose monitor is there to write to it. */
function watchedLog(ctx: LogRotationContext, { config, state }: ContainerRecord): WatchedLog | undefined {
  const { path, maxSize, maxFiles = 1 } = config.log;
  const { run, exit } = state;
  if (path === "" || maxSize <= 0 || maxFiles < 2 || exit !== undefined) return undefined;
  if (run?.monitor === undefined || !ctx.processes.isAlive(run.monitor)) return undefined;
  const { bundle } = placesOf(ctx.settings, config);
  return { containerId: config.id, path, maxSize, maxFiles, bundle, monitor: run.monitor };
}

class RotationWatch implements Watch {
  readonly #ctx: LogRotationContext;
  #rotators: ReadonlyMap<string, LogRotator> = new Map();
  readonly #parts: RotatorParts;
  #due: number;

  constructor(ctx: LogRotationContext) {
    this.#ctx = ctx;
    this.#parts = { monitor: ctx.monitor, hold: (log) => this.#hold(log) };
    this.#due = ctx.clock.now();
  }

  /** What is known of a log stays known for as long as its monitor is the same. */
  update(logs: readonly WatchedLog[]): void {
    const rotators = new Map<string, LogRotator>();
    for (const log of logs) {
      const known = this.#rotators.get(log.path);
      const same = known?.log.monitor.pid === log.monitor.pid;
      if (!same) this.#due = this.#ctx.clock.now();
      rotators.set(log.path, same && known !== undefined ? known : new LogRotator(log, this.#parts));
    }
    this.#rotators = rotators;
  }

  due(): number {
    return this.#due;
  }

  async act(signal: AbortSignal): Promise<void> {
    const now = this.#ctx.clock.now();
    let pause = Number.POSITIVE_INFINITY;
    for (const rotator of this.#rotators.values()) {
      if (signal.aborted) return;
      pause = Math.min(pause, this.#look(rotator, now));
    }
    this.#due = now + pause;
  }

  /** With its lock held and its monitor alive the container is not removed, nor was it: a removal ends the monitor. */
  #hold({ containerId, monitor }: WatchedLog): Disposable | undefined {
    const { processes, locks } = this.#ctx;
    // Asked twice, so that no lock is made for a container that is gone.
    if (!processes.isAlive(monitor)) return undefined;
    const lock = locks.tryAcquire(`container-${containerId}`);
    if (lock === undefined || processes.isAlive(monitor)) return lock;
    lock.release();
    return undefined;
  }

  #look(rotator: LogRotator, now: number): number {
    try {
      return rotator.look(now);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#ctx.log.warn(`cannot rotate the log ${rotator.log.path}: ${reason}`);
      return FAILURE_PAUSE;
    }
  }
}

/** Milliseconds: a full disk stays full for a while. */
const FAILURE_PAUSE = 10_000;
