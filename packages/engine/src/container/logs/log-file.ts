/** Reads one file of a log by batches of records, from an offset on, as far as it goes at the moment. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { RecordColumns, scanRecords } from "./k8s-file.ts";

/** As much as is read at once; a longer record makes the buffer grow. */
const BUFFER = 262_144;
/** More without a newline is no log. */
const LONGEST_RECORD = 16_777_216;

export class LogFile implements Disposable {
  readonly inode: number;
  /** The first line that was no record, if there was one. */
  invalid: string | undefined;
  readonly #fd: number;
  #position = 0;
  #buffer: Buffer = Buffer.allocUnsafe(BUFFER);
  /** Bytes at the start of the buffer: a record whose end was not written yet. */
  #rest = 0;
  #spare: Buffer | undefined;
  readonly #columns = new RecordColumns();

  constructor(fd: number) {
    this.#fd = fd;
    this.inode = fstatSync(fd).ino;
  }

  get fd(): number {
    return this.#fd;
  }

  seek(position: number): void {
    this.#position = position;
    this.#rest = 0;
  }

  /** What is there and was not read yet, as much as fits; undefined at the end. Valid until the next call. */
  next(): { readonly bytes: Buffer; readonly columns: RecordColumns } | undefined {
    const kept = this.#rest;
    const length = readSync(this.#fd, this.#buffer, kept, this.#buffer.length - kept, this.#position);
    if (length === 0) return undefined;
    this.#position += length;
    this.#columns.count = 0;
    const bytes = this.#buffer.subarray(0, kept + length);
    const { rest, invalid } = scanRecords(bytes, this.#columns);
    if (invalid !== undefined) this.invalid ??= invalid.subarray(0, 100).toString();
    this.#rest = bytes.length - rest;
    return { bytes: this.#moveRest(bytes, rest), columns: this.#columns };
  }

  /** Somebody has emptied the file under the writer's hands. */
  rewindIfCut(): void {
    if (fstatSync(this.#fd).size < this.#position) this.seek(0);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  /** The caller gets the old buffer, the next reading a buffer with the rest in front: two take turns. */
  #moveRest(bytes: Buffer, rest: number): Buffer {
    const { length } = bytes;
    if (this.#rest === 0) return bytes;
    if (this.#rest >= LONGEST_RECORD) {
      this.invalid ??= bytes.subarray(0, 100).toString();
      this.#rest = 0;
      return bytes;
    }
    const full = this.#rest === this.#buffer.length;
    const next = full ? Buffer.allocUnsafe(this.#buffer.length * 2) : this.#spareBuffer();
    bytes.copy(next, 0, rest, length);
    this.#spare = this.#buffer;
    this.#buffer = next;
    return bytes;
  }

  #spareBuffer(): Buffer {
    const spare = this.#spare;
    return spare?.length === this.#buffer.length ? spare : Buffer.allocUnsafe(this.#buffer.length);
  }
}

export function openLogFile(path: string): LogFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return new LogFile(fd);
}
