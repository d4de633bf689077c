/** Reads a log file by records: from the start, from its last lines, and on as it grows. */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { type LogRecord, parseLogRecord } from "./k8s-file.ts";

const CHUNK = 65_536;
const NEWLINE = 0x0a;

export class LogFile implements Disposable {
  readonly #path: string;
  #fd: number | undefined;
  #position = 0;
  /** A record whose end was not written yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
    this.#fd = openIfThere(path);
  }

  /** Places the reader so that `next` begins with the last `lines` lines. Reads no more than it needs. */
  seekToTail(lines: number): void {
    if (this.#fd !== undefined) this.#position = tailPosition(this.#fd, lines);
  }

  /** The records that are there now and were not read yet, a chunk at a time; none when there is nothing new. */
  *available(): Generator<LogRecord> {
    this.#fd ??= openIfThere(this.#path);
    for (;;) {
      const chunk = this.#read();
      if (chunk.length === 0) return;
      yield* this.#split(chunk);
    }
  }

  /** The monitor begins a new file when the log has grown to its limit. */
  followRotation(): boolean {
    if (this.#fd === undefined || !this.#wasReplaced()) return false;
    closeSync(this.#fd);
    this.#fd = openIfThere(this.#path);
    this.#position = 0;
    this.#rest = Buffer.alloc(0);
    return true;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #read(): Buffer {
    if (this.#fd === undefined) return Buffer.alloc(0);
    const buffer = Buffer.alloc(CHUNK);
    const length = readSync(this.#fd, buffer, 0, CHUNK, this.#position);
    this.#position += length;
    return buffer.subarray(0, length);
  }

  *#split(chunk: Buffer): Generator<LogRecord> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      const record = parseLogRecord(this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]));
      this.#rest = Buffer.alloc(0);
      start = end + 1;
      if (record !== undefined) yield record;
    }
    if (start < chunk.length) this.#rest = Buffer.concat([this.#rest, chunk.subarray(start)]);
  }

  #wasReplaced(): boolean {
    if (this.#fd === undefined) return false;
    const ours = fstatSync(this.#fd);
    const named = statSync(this.#path, { throwIfNoEntry: false });
    return named !== undefined && (named.ino !== ours.ino || named.size < this.#position);
  }
}

/** Offset of the record that begins the last `lines` lines: a line may span several partial records. */
export function tailPosition(fd: number, lines: number): number {
  const { size } = fstatSync(fd);
  if (lines <= 0) return size;
  let found = 0;
  let after: { start: number; partial: boolean } | undefined;
  for (const { start, line } of recordsBackwards(fd, size)) {
    const record = parseLogRecord(line);
    if (record === undefined) continue;
    // A complete record ends a line; the very last record does too, complete or not.
    const endsLine = after === undefined || !record.partial;
    if (endsLine && found === lines) return after?.start ?? size;
    if (endsLine) found += 1;
    after = { start, partial: record.partial };
  }
  return after?.start ?? 0;
}

function* recordsBackwards(fd: number, size: number): Generator<{ start: number; line: Buffer }> {
  let tail: Buffer = Buffer.alloc(0);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK);
    const chunk = Buffer.alloc(end - start);
    readSync(fd, chunk, 0, chunk.length, start);
    const text: Buffer = Buffer.concat([chunk, tail]);
    const firstLine = start === 0 ? 0 : text.indexOf(NEWLINE) + 1;
    if (start !== 0 && firstLine === 0) {
      tail = text;
      end = start;
      continue;
    }
    yield* linesBackwards(text, firstLine, start);
    tail = text.subarray(0, firstLine);
    end = start;
  }
}

/** Whole lines of `text` from the last to the one at `from`; `offset` is where `text` lies in the file. */
function* linesBackwards(
  text: Buffer,
  from: number,
  offset: number,
): Generator<{ start: number; line: Buffer }> {
  let end = text.lastIndexOf(NEWLINE);
  while (end >= from) {
    const before = end === 0 ? -1 : text.lastIndexOf(NEWLINE, end - 1);
    const start = Math.max(before + 1, from);
    yield { start: offset + start, line: text.subarray(start, end) };
    end = start - 1;
  }
}

function openIfThere(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : openSync(path, "r");
}
