/** The lines of a log that grows and is rotated by rename: each complete line once. */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";

const CHUNK = 64 * 1024;
const LINE_FEED = 10;

export class LogTail implements Disposable {
  readonly #path: string;
  #fd: number | undefined;
  #at = 0;
  /** The last line that was given or passed over: where to go on in the file that takes this one's place. */
  #last: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** What is there now is passed over. */
  skipToEnd(): void {
    for (const line of this.lines()) this.#last = line;
  }

  /** All that are complete and were not given before. A line without its end is given once it has it. */
  *lines(): Generator<string> {
    for (;;) {
      this.#fd ??= open(this.#path);
      if (this.#fd === undefined) return;
      // Asked first: what is written into a file that has lost its name was there before.
      const replaced = this.#isReplaced(this.#fd);
      for (const line of this.#rest(this.#fd)) {
        this.#last = line;
        yield line;
      }
      if (!replaced) return;
      this.#close();
      this.#fd = open(this.#path);
      if (this.#fd !== undefined) this.#at = afterLast(this.#fd, this.#last);
    }
  }

  /** The file begins anew under its name, or was cut. */
  #isReplaced(fd: number): boolean {
    const named = statSync(this.#path, { throwIfNoEntry: false });
    if (named === undefined) return false;
    const own = fstatSync(fd);
    return named.ino !== own.ino || named.dev !== own.dev || own.size < this.#at;
  }

  *#rest(fd: number): Generator<string> {
    for (const { line, end } of linesFrom(fd, this.#at)) {
      this.#at = end;
      yield line;
    }
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#at = 0;
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Rotation keeps the newer lines. Where the last one known is not among them, all are new. */
function afterLast(fd: number, last: string | undefined): number {
  let at = 0;
  if (last === undefined) return at;
  for (const { line, end } of linesFrom(fd, 0)) if (line === last) at = end;
  return at;
}

function* linesFrom(fd: number, start: number): Generator<{ readonly line: string; readonly end: number }> {
  let pending = Buffer.alloc(0);
  let end = start;
  for (let at = start; ; ) {
    const chunk = Buffer.alloc(CHUNK);
    const length = readSync(fd, chunk, 0, CHUNK, at);
    if (length === 0) return;
    at += length;
    pending = Buffer.concat([pending, chunk.subarray(0, length)]);
    for (let feed = pending.indexOf(LINE_FEED); feed !== -1; feed = pending.indexOf(LINE_FEED)) {
      end += feed + 1;
      const line = pending.toString("utf8", 0, feed);
      pending = pending.subarray(feed + 1);
      yield { line, end };
    }
  }
}
