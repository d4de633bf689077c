/** Finds where the last lines of a log begin, from its end backwards. */
import { LOG_COLUMNS, LOG_PARTIAL } from "@podwright/spec/values/log-batch";
import { fstatSync, readSync } from "node:fs";
import { addRecord, RecordColumns } from "./k8s-file.ts";

const CHUNK = 65_536;
const NEWLINE = 0x0a;

export interface TailStart {
  /** Index among the files. */
  readonly file: number;
  readonly position: number;
}

/** `files` are open, the oldest first, and taken as one: a line of several partial records may span two of them. */
export function tailStart(files: readonly number[], lines: number): TailStart {
  const last = files.length - 1;
  const ends = files.map((fd) => fstatSync(fd).size);
  if (lines <= 0) return { file: last, position: ends[last] ?? 0 };
  let found = 0;
  let after: TailStart | undefined;
  for (let file = last; file >= 0; file -= 1) {
    for (const { start, partial } of recordsBackwards(files[file] ?? -1, ends[file] ?? 0)) {
      // A complete record ends a line; the very last record does too, complete or not.
      const endsLine = after === undefined || !partial;
      if (endsLine && found === lines) return after ?? { file, position: start };
      if (endsLine) found += 1;
      after = { file, position: start };
    }
  }
  return after ?? { file: 0, position: 0 };
}

interface FoundRecord {
  readonly start: number;
  readonly partial: boolean;
}

function* recordsBackwards(fd: number, size: number): Generator<FoundRecord> {
  /** What was read already of a line whose start was not found yet. */
  let tail: Buffer[] = [];
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK);
    const chunk = Buffer.alloc(end - start);
    readSync(fd, chunk, 0, chunk.length, start);
    end = start;
    const firstLine = start === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
    if (start !== 0 && firstLine === 0) {
      tail.unshift(chunk);
      continue;
    }
    yield* linesBackwards(Buffer.concat([chunk, ...tail]), firstLine, start);
    tail = [chunk.subarray(0, firstLine)];
  }
}

/** Records of `text` from the last to the one at `from`; `offset` is where `text` lies in the file. */
function* linesBackwards(text: Buffer, from: number, offset: number): Generator<FoundRecord> {
  const columns = new RecordColumns();
  let end = text.lastIndexOf(NEWLINE);
  while (end >= from) {
    const before = end === 0 ? -1 : text.lastIndexOf(NEWLINE, end - 1);
    const start = Math.max(before + 1, from);
    columns.count = 0;
    if (addRecord(text, { start, end }, columns)) {
      const flags = columns.numbers[LOG_COLUMNS - 1] ?? 0;
      yield { start: offset + start, partial: (flags & LOG_PARTIAL) !== 0 };
    }
    end = start - 1;
  }
}
