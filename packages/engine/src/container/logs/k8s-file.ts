/** Records of a log in Kubernetes' format, `<time> stdout|stderr F|P <text>`, found in bytes without making objects. */
import { LOG_COLUMNS, LOG_PARTIAL, LOG_STDERR } from "@podwright/spec/values/log-batch";

const NEWLINE = 0x0a;
const SPACE = 0x20;
const [D, E, F, O, P, S, T, U, R] = [0x64, 0x65, 0x46, 0x6f, 0x50, 0x73, 0x74, 0x75, 0x72];
const COLON = 0x3a;

/** conmon's times have 35 characters, and its names of streams 6: where the blanks then are. */
const TIME_END = 35;
const STREAM_END = 42;
const TAG_END = 44;

/** Columns that grow with what is written to them. */
export class RecordColumns {
  numbers = new Int32Array(1024 * LOG_COLUMNS);
  count = 0;

  add(start: number, text: number, end: number, flags: number): void {
    const at = this.count * LOG_COLUMNS;
    if (at === this.numbers.length) this.#grow();
    const { numbers } = this;
    numbers[at] = start;
    numbers[at + 1] = text;
    numbers[at + 2] = end;
    numbers[at + 3] = flags;
    this.count += 1;
  }

  /** Keeps the records that a test passes. */
  filter(keep: (start: number) => boolean): void {
    const { numbers } = this;
    let kept = 0;
    for (let line = 0; line < this.count; line += 1) {
      const at = line * LOG_COLUMNS;
      if (!keep(numbers[at] ?? 0)) continue;
      numbers.copyWithin(kept * LOG_COLUMNS, at, at + LOG_COLUMNS);
      kept += 1;
    }
    this.count = kept;
  }

  #grow(): void {
    const larger = new Int32Array(this.numbers.length * 2);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}

export interface Scan {
  /** Where the first record begins that has no newline yet. */
  readonly rest: number;
  /** The first line that is no record (a write that was cut short), if there is one. */
  readonly invalid: Buffer | undefined;
}

/** Adds the records of `bytes` to the columns. */
export function scanRecords(bytes: Buffer, into: RecordColumns): Scan {
  let start = 0;
  let invalid: Buffer | undefined;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end === -1) return { rest: start, invalid };
    if (!addRecord(bytes, { start, end }, into)) invalid ??= bytes.subarray(start, end);
    start = end + 1;
  }
}

/** False for what is no record. */
export function addRecord(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  into: RecordColumns,
): boolean {
  const head = headOf(bytes, start, end);
  if (head === undefined) return false;
  into.add(start, Math.min(head >> 2, end), end, head & 3);
  return true;
}

/** Offset of the text times four, and the flags. A number, for this runs once per line. */
function headOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  const tag = bytes[start + TAG_END - 1];
  const asConmon =
    end - start > TAG_END &&
    bytes[start + TIME_END] === SPACE &&
    bytes[start + STREAM_END] === SPACE &&
    bytes[start + TAG_END] === SPACE &&
    (tag === F || tag === P);
  if (!asConmon) return looseHead(bytes, start, end);
  const flags = streamFlag(bytes, start + TIME_END + 1, start + STREAM_END);
  if (flags === undefined) return undefined;
  return (start + TAG_END + 1) * 4 + (flags | (tag === P ? LOG_PARTIAL : 0));
}

/** Times of any length, several tags ("P:x"), no blank behind the tag. */
function looseHead(bytes: Uint8Array, start: number, end: number): number | undefined {
  const first = blank(bytes, start, end);
  const second = blank(bytes, first + 1, end);
  if (first === start || second >= end) return undefined;
  const flags = streamFlag(bytes, first + 1, second);
  if (flags === undefined) return undefined;
  const third = blank(bytes, second + 1, end);
  return (third + 1) * 4 + (flags | (hasPartialTag(bytes, second + 1, third) ? LOG_PARTIAL : 0));
}

/** `end` where there is none. */
function blank(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== SPACE) at += 1;
  return Math.min(at, end);
}

/** "stdout" or "stderr", and nothing else. */
function streamFlag(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to - from !== 6 || bytes[from] !== S || bytes[from + 1] !== T || bytes[from + 2] !== D)
    return undefined;
  if (bytes[from + 3] === O && bytes[from + 4] === U && bytes[from + 5] === T) return 0;
  if (bytes[from + 3] === E && bytes[from + 4] === R && bytes[from + 5] === R) return LOG_STDERR;
  return undefined;
}

function hasPartialTag(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const alone = at + 1 === to || bytes[at + 1] === COLON;
    if (bytes[at] === P && alone && (at === from || bytes[at - 1] === COLON)) return true;
  }
  return false;
}
