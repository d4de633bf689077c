/** Reads a log that is kept in files: all that is there in order, and on as it grows and is rotated. */
import { type LogPlace, openKept, openNext } from "./kept-files.ts";
import type { RecordColumns } from "./k8s-file.ts";
import type { LogFile } from "./log-file.ts";
import { tailStart } from "./tail.ts";

export interface Records {
  readonly bytes: Buffer;
  readonly columns: RecordColumns;
}

export class FileLog implements Disposable {
  /** The first line that was no record, once one was met. */
  invalid: string | undefined;
  readonly #place: LogPlace;
  /** Not read to their end yet, the oldest first. */
  #files: LogFile[];

  constructor(place: LogPlace) {
    this.#place = place;
    this.#files = openKept(place);
  }

  /** Goes to where the last `lines` lines begin. */
  seekToTail(lines: number): void {
    if (this.#files.length === 0) return;
    const { file, position } = tailStart(
      this.#files.map(({ fd }) => fd),
      lines,
    );
    for (const older of this.#files.splice(0, file)) older[Symbol.dispose]();
    this.#files[0]?.seek(position);
  }

  /** What is there now and was not read yet. What it gives is valid until it is asked for the next. */
  *available(): Generator<Records> {
    for (;;) {
      const [file, follower] = this.#files;
      if (file !== undefined) yield* this.#drain(file);
      if (follower !== undefined) {
        file?.[Symbol.dispose]();
        this.#files.shift();
        continue;
      }
      const next = openNext(this.#place, file);
      if (next === undefined) return file?.rewindIfCut();
      // Its being there says that `file` is complete: what was written since our last reading is read in the next turn.
      this.#files.push(next);
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
    this.#files = [];
  }

  *#drain(file: LogFile): Generator<Records> {
    for (let records = file.next(); records !== undefined; records = file.next()) yield records;
    this.invalid ??= file.invalid;
  }
}
