/** EventLog in a file of JSON lines: one append per event. */
import type { NewEvent } from "@podwright/spec/engine-api/events";
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "../../base/log.ts";
import type { EventLog } from "../../ports/event-log.ts";
import { isErrno } from "../sys/libc.ts";

const NANOSECONDS_PER_MILLISECOND = 1_000_000;

export class FileEventLog implements EventLog {
  readonly #path: string;
  readonly #log: Log;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  write(event: NewEvent): void {
    const now = Date.now();
    const seconds = Math.floor(now / 1000);
    const nanoseconds = (now - seconds * 1000) * NANOSECONDS_PER_MILLISECOND;
    const line = `${JSON.stringify({ seconds, nanoseconds, ...event })}\n`;
    try {
      this.#append(line);
    } catch (error) {
      this.#log.warn(`cannot write event ${event.type} ${event.status}: ${String(error)}`);
    }
  }

  #append(line: string): void {
    try {
      appendFileSync(this.#path, line, { mode: 0o600 });
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      appendFileSync(this.#path, line, { mode: 0o600 });
    }
  }
}
