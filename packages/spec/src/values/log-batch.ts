/** Lines out of a batch of a log, for those who want objects. */
import type { LogBatch } from "../engine-api/log-batch.ts";

/** Numbers per line: offset of the time, offset of the text, offset of the end (no newline), flags. */
export const LOG_COLUMNS = 4;
/** Flag: written to standard error. */
export const LOG_STDERR = 1;
/** Flag: the line goes on in the container's next record of the same stream. */
export const LOG_PARTIAL = 2;

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nine decimals, as the log has it. */
  readonly time: string;
  /** A copy, which stays valid. */
  readonly text: Uint8Array;
  readonly partial: boolean;
}

export function* logLines({ bytes, columns, from, to }: LogBatch): Generator<LogLine> {
  for (let line = from; line < to; line += 1) {
    const at = line * LOG_COLUMNS;
    const flags = columns[at + 3] ?? 0;
    yield {
      stream: (flags & LOG_STDERR) === 0 ? "stdout" : "stderr",
      time: logTime(bytes, columns[at] ?? 0),
      text: bytes.slice(columns[at + 1], columns[at + 2]),
      partial: (flags & LOG_PARTIAL) !== 0,
    };
  }
}

/** The time of the line that begins at `start`: up to the blank. */
export function logTime(bytes: Uint8Array, start: number): string {
  let text = "";
  for (let at = start; at < bytes.length && bytes[at] !== 0x20; at += 1) {
    text += String.fromCharCode(bytes[at] ?? 0);
  }
  return text;
}
