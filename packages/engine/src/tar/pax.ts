/** Extended headers of POSIX pax: records of `length key=value\n`. */
import { tarError, type TarTime } from "./tar-entry.ts";

export interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/** In the order of the archive: sparse format 0.0 repeats keys. @throws IMAGE_ARCHIVE_INVALID */
export function parsePax(data: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(SPACE, at);
    const digits = space === -1 ? "" : data.toString("latin1", at, space);
    const length = /^[1-9]\d{0,7}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = data.indexOf(EQUALS, space);
    if (length < digits.length + 4 || end > data.length || equals === -1 || equals >= end - 1) {
      throw tarError("an extended header is malformed");
    }
    if (data[end - 1] !== NEWLINE || equals === space + 1) throw tarError("an extended header is malformed");
    const key = data.toString("latin1", space + 1, equals);
    records.push({ key, value: Buffer.from(data.subarray(equals + 1, end - 1)) });
    at = end;
  }
  return records;
}

/** A decimal integer. @throws IMAGE_ARCHIVE_INVALID */
export function paxInteger(value: Buffer, key: string): number {
  const text = value.toString("latin1");
  const result = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(result))
    throw tarError(`extended header ${key}: ${JSON.stringify(text)} is no number`);
  return result;
}

/** Seconds with a decimal fraction, before or after 1970. @throws IMAGE_ARCHIVE_INVALID */
export function paxTime(value: Buffer, key: string): TarTime {
  const text = value.toString("latin1");
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw tarError(`extended header ${key}: ${JSON.stringify(text)} is no time`);
  const whole = Number(match[2]);
  const fraction = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] !== "-") return { seconds: whole, nanoseconds: fraction };
  // The kernel counts nanoseconds forward from the second below.
  return fraction === 0
    ? { seconds: -whole, nanoseconds: 0 }
    : { seconds: -whole - 1, nanoseconds: 1_000_000_000 - fraction };
}
