/** Milliseconds since 1970 of a record's time; quick for the many records that share a minute. */
import { logTime } from "@podwright/spec/values/log-batch";

const SPACE = 0x20;
const ZERO = 0x30;
const DOT = 0x2e;
/** `2026-01-02T03:04:` — and the zone behind the nanoseconds. */
const MINUTE = 17;
const ZONE = 29;
const END = 35;

export class RecordClock {
  /** Minute and zone of the last record. */
  readonly #seen = new Uint8Array(END);
  #minute = Number.NaN;

  at(bytes: Uint8Array, start: number): number {
    if (bytes[start + END] !== SPACE || bytes[start + MINUTE + 2] !== DOT)
      return Date.parse(logTime(bytes, start));
    if (!this.#sameMinute(bytes, start)) {
      const text = logTime(bytes, start);
      this.#minute = Date.parse(`${text.slice(0, MINUTE)}00${text.slice(ZONE)}`);
      this.#seen.set(bytes.subarray(start, start + END));
    }
    const seconds = digits(bytes, start + MINUTE, 2);
    return this.#minute + seconds * 1000 + digits(bytes, start + MINUTE + 3, 9) / 1e6;
  }

  #sameMinute(bytes: Uint8Array, start: number): boolean {
    const seen = this.#seen;
    for (let at = MINUTE - 1; at >= 0; at -= 1) if (seen[at] !== bytes[start + at]) return false;
    for (let at = ZONE; at < END; at += 1) if (seen[at] !== bytes[start + at]) return false;
    return true;
  }
}

function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) value = value * 10 + ((bytes[at] ?? 0) - ZERO);
  return value;
}
