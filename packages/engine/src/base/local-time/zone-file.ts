/** A zone's file as the system keeps it (TZif, RFC 9636): which offset and name held when. */
import { parsePosixRule, type ZoneMoment, type ZoneRule } from "./posix-rule.ts";

const MAGIC = 0x54_5a_69_66;
const HEADER_BYTES = 44;
const KIND_BYTES = 6;

/** Undefined for what is no whole zone file. Leap seconds are left out, as Go does. */
export function parseZoneFile(bytes: Uint8Array): ZoneRule | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const old = readHeader(view, 0);
    if (old === undefined) return undefined;
    if (old.version === 0) return zoneOf(bytes, view, { ...old, timeBytes: 4 });
    // The first block has 32-bit times, for readers of long ago.
    const header = readHeader(view, blockEnd(old, 4));
    return header === undefined ? undefined : zoneOf(bytes, view, { ...header, timeBytes: 8 });
  } catch (error) {
    // Outside the file's bytes: it was cut off.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Header {
  readonly version: number;
  readonly start: number;
  readonly times: number;
  readonly kinds: number;
  readonly chars: number;
  readonly leaps: number;
  readonly marks: number;
}

function readHeader(view: DataView, at: number): Header | undefined {
  if (view.getUint32(at) !== MAGIC) return undefined;
  const count = (index: number): number => view.getUint32(at + 20 + index * 4);
  return {
    version: view.getUint8(at + 4),
    start: at + HEADER_BYTES,
    times: count(3),
    kinds: count(4),
    chars: count(5),
    leaps: count(2),
    marks: count(0) + count(1),
  };
}

function blockEnd(header: Header, timeBytes: number): number {
  const { start, times, kinds, chars, leaps, marks } = header;
  return start + times * (timeBytes + 1) + kinds * KIND_BYTES + chars + leaps * (timeBytes + 4) + marks;
}

function zoneOf(
  bytes: Uint8Array,
  view: DataView,
  header: Header & { readonly timeBytes: 4 | 8 },
): ZoneRule | undefined {
  const { start, times, timeBytes } = header;
  const end = blockEnd(header, timeBytes);
  const kindsAt = start + times * (timeBytes + 1);
  if (header.kinds === 0 || end > view.byteLength) return undefined;
  const charsAt = kindsAt + header.kinds * KIND_BYTES;
  // What points out of its table would be read from another.
  for (let i = 0; i < times; i++)
    if (view.getUint8(start + times * timeBytes + i) >= header.kinds) return undefined;
  for (let i = 0; i < header.kinds; i++) {
    if (view.getUint8(kindsAt + i * KIND_BYTES + 5) >= header.chars) return undefined;
  }
  if (bytes[charsAt + header.chars - 1] !== 0) return undefined;
  const timeOf = (index: number): number =>
    timeBytes === 4 ? view.getInt32(start + index * 4) : Number(view.getBigInt64(start + index * 8));
  const momentOf = (kind: number): ZoneMoment => {
    const at = kindsAt + kind * KIND_BYTES;
    return { offset: view.getInt32(at), name: textUpTo(bytes, charsAt + view.getUint8(at + 5), 0) };
  };
  const footer = timeBytes === 8 && bytes[end] === 0x0a ? textUpTo(bytes, end + 1, 0x0a) : "";
  const rule = parsePosixRule(footer);
  return (at) => {
    const before = countUpTo(times, (index) => timeOf(index) <= at);
    if (before === times && rule !== undefined) return rule(at);
    // RFC 9636, 3.2: the first kind holds before the first change.
    return momentOf(before === 0 ? 0 : view.getUint8(start + times * timeBytes + before - 1));
  };
}

/** How many of the first `count` hold, where those that do come first. */
function countUpTo(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function textUpTo(bytes: Uint8Array, from: number, end: number): string {
  const to = bytes.indexOf(end, from);
  if (to === -1) throw new RangeError("text without an end");
  return String.fromCharCode(...bytes.subarray(from, to));
}
