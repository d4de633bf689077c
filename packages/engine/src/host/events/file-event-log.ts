/** EventLog in a file of JSON lines: one append per event, under the file's lock. */
import type { NewEvent } from "@podwright/spec/engine-api/events";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Log } from "../../base/log.ts";
import type { EventFile, EventLog } from "../../ports/event-log.ts";
import { isErrno } from "../sys/libc.ts";
import { tryFlock } from "../sys/lock.ts";
import { eventLine } from "./event-line.ts";
import { nanosecondsNow } from "./nanosecond-clock.ts";
import { rotateLog } from "./rotate.ts";

/** Milliseconds. Who holds the lock writes a line, or half a file; a writer that was stopped must not stop us. */
const LONGEST_WAIT = 500;
const PAUSE = 0.2;
const LINE_FEED = 10;
/** Bytes; while a file has more room than this, nobody counts those of a line. */
const LONG_LINE = 64 * 1024;

export class FileEventLog implements EventLog {
  readonly #file: () => EventFile | undefined;
  readonly #prepare: () => boolean;
  readonly #log: Log;

  /**
   * `file` is asked at every event, so that nothing is read for a command without one; undefined keeps none.
   * `prepare` makes what the file's directory lies in, and is true when that was not there in this boot.
   */
  constructor(file: () => EventFile | undefined, prepare: () => boolean, log: Log) {
    this.#file = file;
    this.#prepare = prepare;
    this.#log = log;
  }

  write(event: NewEvent): void {
    try {
      const file = this.#file();
      if (file !== undefined) this.#append(file, event);
    } catch (error) {
      this.#log.warn(`cannot write event ${event.type} ${event.status}: ${String(error)}`);
    }
  }

  #append(file: EventFile, event: NewEvent): void {
    try {
      append(file, event);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
      const isFirst = this.#prepare();
      mkdirSync(dirname(file.path), { recursive: true, mode: 0o700 });
      if (isFirst) append(file, REFRESH);
      append(file, event);
    }
  }
}

/** The first that a boot sees. */
export const REFRESH: NewEvent = { type: "system", status: "refresh", id: "", name: "", attributes: {} };

function append(file: EventFile, event: NewEvent): void {
  const { fd, stats } = openLocked(file, event);
  try {
    // Under the lock, so that times in the file grow.
    const line = `${eventLine(event, nanosecondsNow())}\n`;
    writeSync(fd, endsInLine(fd, stats) ? line : `\n${line}`);
  } finally {
    closeSync(fd);
  }
}

interface OpenLog {
  readonly fd: number;
  readonly stats: Stats;
}

/** The file that has the name, with room for one more line. */
function openLocked(file: EventFile, event: NewEvent): OpenLog {
  const deadline = performance.now() + LONGEST_WAIT;
  let rotated = false;
  for (;;) {
    const fd = openSync(file.path, "a+", 0o600);
    const locked = lock(fd, deadline);
    const stats = fstatSync(fd);
    if (locked && !hasName(stats, file.path)) {
      closeSync(fd);
      continue;
    }
    if (!locked || rotated || !isFull(file, stats, event)) return { fd, stats };
    rotated = true;
    try {
      rotateLog(file.path, stats.size);
    } finally {
      closeSync(fd);
    }
  }
}

function lock(fd: number, deadline: number): boolean {
  while (!tryFlock(fd, "exclusive")) {
    if (performance.now() > deadline) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
  }
  return true;
}

/** Somebody may have put another file there between our opening and our lock. */
function hasName({ dev, ino }: Stats, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  return named !== undefined && named.ino === ino && named.dev === dev;
}

function isFull({ maxSize }: EventFile, { size }: Stats, event: NewEvent): boolean {
  if (maxSize === 0 || size === 0 || size + LONG_LINE < maxSize) return false;
  return size + eventLine(event, 0n).length >= maxSize;
}

/** A writer that was killed in the middle of a line must not take the next one with it. */
function endsInLine(fd: number, { size }: Stats): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  return readSync(fd, last, 0, 1, size - 1) === 0 || last[0] === LINE_FEED;
}
