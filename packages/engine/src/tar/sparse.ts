/** Maps of sparse files: GNU's old form, and pax forms 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files"). */
import type { ByteSource } from "./byte-source.ts";
import { type HeaderBlock, number } from "./header-block.ts";
import { BLOCK, type Segment, SPECIAL_LIMIT, tarError } from "./tar-entry.ts";

/** A map with more runs than this is refused: it is held in memory. */
const MAX_SEGMENTS = 1 << 17;

export interface SparseMap {
  readonly segments: readonly Segment[];
  readonly size: number;
  /** Bytes of the entry's data that the map itself took. */
  readonly consumed: number;
}

/** The map in a GNU header (type S) and in the blocks that continue it. */
export async function readOldGnuMap(header: HeaderBlock, source: ByteSource): Promise<SparseMap> {
  const size = number(header.block, 483, 12, "real size");
  const segments = blockSegments(header.block, 386, 4);
  let more = header.block[482] === 1;
  while (more) {
    const block = await source.take(BLOCK);
    if (block === undefined) throw tarError("the archive is truncated");
    segments.push(...blockSegments(block, 0, 21));
    more = block[504] === 1;
    limit(segments.length);
  }
  return { segments, size, consumed: 0 };
}

function blockSegments(block: Buffer, start: number, count: number): Segment[] {
  const segments: Segment[] = [];
  for (let at = start; at < start + count * 24; at += 24) {
    if (block[at] === 0) break;
    segments.push({
      offset: number(block, at, 12, "sparse offset"),
      length: number(block, at + 12, 12, "sparse length"),
    });
  }
  return segments;
}

/** "offset,length,offset,length": form 0.1, and form 0.0 once its records are joined. */
export function parsePaxMap(numbers: readonly string[], size: number): SparseMap {
  if (numbers.length % 2 !== 0) throw tarError("the sparse map has an odd number of values");
  limit(numbers.length / 2);
  const segments: Segment[] = [];
  for (let at = 0; at < numbers.length; at += 2) {
    segments.push({ offset: decimal(numbers[at]), length: decimal(numbers[at + 1]) });
  }
  return { segments, size, consumed: 0 };
}

/** Form 1.0: the map stands before the data, as decimal lines padded to a block. */
export async function readPaxMap(source: ByteSource, size: number, stored: number): Promise<SparseMap> {
  const lines = new BlockLines(source, stored);
  const count = decimal(await lines.next());
  limit(count);
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const offset = decimal(await lines.next());
    segments.push({ offset, length: decimal(await lines.next()) });
  }
  return { segments, size, consumed: lines.consumed };
}

class BlockLines {
  consumed = 0;
  readonly #source: ByteSource;
  readonly #stored: number;
  #text = "";

  constructor(source: ByteSource, stored: number) {
    this.#source = source;
    this.#stored = stored;
  }

  async next(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end !== -1) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      this.consumed += BLOCK;
      if (this.consumed > this.#stored || this.#text.length > BLOCK || this.consumed > 16 * SPECIAL_LIMIT) {
        throw tarError("the sparse map is malformed");
      }
      const block = await this.#source.take(BLOCK);
      if (block === undefined) throw tarError("the archive is truncated");
      this.#text += block.toString("latin1");
    }
  }
}

/** Runs in order, apart, inside the file, and as long together as the data that is stored. */
export function checkMap(map: SparseMap, stored: number): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of map.segments) {
    if (offset < end || length < 0 || offset + length > map.size) {
      throw tarError("the sparse map does not fit the file");
    }
    end = offset + length;
    total += length;
  }
  if (total !== stored - map.consumed) throw tarError("the sparse map does not fit the data");
}

function limit(count: number): void {
  if (count > MAX_SEGMENTS) throw tarError(`the sparse map has more than ${MAX_SEGMENTS} runs`);
}

function decimal(text: string | undefined): number {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw tarError("the sparse map holds something that is no number");
  return value;
}
