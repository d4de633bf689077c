/** One log that is rotated by count: looks at its size, and has its monitor go on in a new file. */
import { statSync } from "node:fs";
import type { ContainerMonitor } from "../../ports/monitor.ts";
import type { ProcessIdentity } from "../../ports/processes.ts";
import { rotateFiles } from "./rotate-files.ts";

/** Milliseconds between two looks: at a log that is about to be full, and at one that nobody writes to. */
const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 1000;
/** Until a monitor that was told has opened its new file. */
const REOPEN_PAUSE = 20;
/** After which it may be told again. */
const REOPEN_PATIENCE = 1000;

export interface WatchedLog {
  readonly containerId: string;
  readonly path: string;
  readonly maxSize: number;
  readonly maxFiles: number;
  readonly bundle: string;
  readonly monitor: ProcessIdentity;
}

export interface RotatorParts {
  readonly monitor: Pick<ContainerMonitor, "reopenLog" | "orders">;
  /** Keeps the container from being removed meanwhile; undefined where somebody is at work on it, or it has ended. */
  readonly hold: (log: WatchedLog) => Disposable | undefined;
}

export class LogRotator {
  readonly log: WatchedLog;
  readonly #parts: RotatorParts;
  #size = 0;
  #lookedAt = 0;
  /** When the monitor was told to open a new file that is not there yet. */
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Size of the file it has left, or not, when its orders were first seen to be read. */
  #sizeWhenRead: number | undefined;

  constructor(log: WatchedLog, parts: RotatorParts) {
    this.log = log;
    this.#parts = parts;
  }

  /** Gives the milliseconds until the next look. */
  look(now: number): number {
    const { path, maxSize } = this.log;
    const size = sizeOf(path);
    if (size === undefined) return this.#awaitNewFile(now);
    this.#sizeWhenRead = undefined;
    if (size < maxSize) return this.#pause(size, now);
    using held = this.#parts.hold(this.log);
    if (held === undefined) return SHORTEST_PAUSE;
    if (rotateFiles(this.log)) this.#tell(now);
    return REOPEN_PAUSE;
  }

  /**
   * Told twice, the monitor would put an empty file in the place of the new one, with what it has written to that.
   * So whoever does not know whether it was told (a killed supervisor knew) waits until it has read all that
   * it was told, and does something else: it sleeps, or writes on to the old file.
   */
  #awaitNewFile(now: number): number {
    if (now - this.#toldAt < REOPEN_PATIENCE) return REOPEN_PAUSE;
    const { bundle, monitor, path } = this.log;
    const orders = this.#parts.monitor.orders(bundle, monitor);
    if (orders === "unread") return REOPEN_PAUSE;
    const size = sizeOf(`${path}.1`) ?? 0;
    const writesOn = this.#sizeWhenRead !== undefined && size > this.#sizeWhenRead;
    this.#sizeWhenRead ??= size;
    // The last look: it may have opened the file since the first one.
    if ((orders === "done" || writesOn) && sizeOf(path) === undefined) this.#tell(now);
    return REOPEN_PAUSE;
  }

  #tell(now: number): void {
    this.#toldAt = now;
    this.#sizeWhenRead = undefined;
    this.#parts.monitor.reopenLog(this.log.bundle);
  }

  /** Until it is full, if it grows as it has grown. */
  #pause(size: number, now: number): number {
    const grown = size - this.#size;
    const elapsed = now - this.#lookedAt;
    this.#size = size;
    this.#lookedAt = now;
    if (grown <= 0 || elapsed <= 0) return LONGEST_PAUSE;
    const untilFull = ((this.log.maxSize - size) / grown) * elapsed;
    return Math.min(Math.max(untilFull, SHORTEST_PAUSE), LONGEST_PAUSE / 4);
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
