/** EventReader of the file that FileEventLog writes: through rotations, with each event once. */
import type { EngineEvent } from "@podwright/spec/engine-api/events";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { EventReader, ReadLogOptions } from "../../ports/event-log.ts";
import { watchDirectory } from "../sys/watch-directory.ts";
import { LogTail } from "./log-tail.ts";
import { readEventLine } from "./read-line.ts";

/** Milliseconds, were the kernel ever not to tell of a change. */
const LONGEST_PAUSE = 1000;

export class FileEventReader implements EventReader {
  readonly #path: string;

  /** The directory of the directory of `path` is there. */
  constructor(path: string) {
    this.#path = path;
  }

  async *read({ fromStart, follow }: ReadLogOptions, signal?: AbortSignal): AsyncGenerator<EngineEvent> {
    using tail = new LogTail(this.#path);
    if (!follow) {
      if (fromStart) yield* events(tail);
      return;
    }
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    // Before the first look, so that nothing comes between the two.
    using changes = watchDirectory(dirname(this.#path), LONGEST_PAUSE);
    if (!fromStart) tail.skipToEnd();
    for (;;) {
      yield* events(tail);
      if (signal?.aborted === true) return;
      await changes.next(signal);
    }
  }
}

function* events(tail: LogTail): Generator<EngineEvent> {
  for (const line of tail.lines()) {
    const event = readEventLine(line);
    if (event !== undefined) yield event;
  }
}
