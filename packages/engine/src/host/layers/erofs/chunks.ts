/** Into how many chunks a file is cut: each has an index, and one that is a hole has no data. */
import type { Segment } from "../../../tar/tar-entry.ts";
import { BLOCK, CHUNK_INDEXES } from "./format.ts";

const LARGEST_BITS = 31;
/** Chunks of files with holes are no smaller than a page, and no more than these. */
const PAGE_BITS = 3;
const MOST_WITH_HOLES = 2048;

export interface Chunks {
  /** As an inode has it. */
  readonly format: number;
  readonly count: number;
  /** Blocks of each but the last. */
  readonly blocks: number;
}

/** The fewest chunks for a file of some size, which is more than nothing: one, up to a terabyte. */
export function wholeChunks(size: number): Chunks {
  let bits = 0;
  while (bits < LARGEST_BITS && BLOCK * 2 ** bits < size) bits += 1;
  return cut(size, bits);
}

export function chunksWithHoles(size: number): Chunks {
  let bits = PAGE_BITS;
  while (bits < LARGEST_BITS && Math.ceil(size / (BLOCK * 2 ** bits)) > MOST_WITH_HOLES) bits += 1;
  return cut(size, bits);
}

function cut(size: number, bits: number): Chunks {
  const blocks = 2 ** bits;
  return { format: CHUNK_INDEXES | bits, count: Math.ceil(size / (BLOCK * blocks)), blocks };
}

/** For each chunk of a file with holes: 1 where it has data. */
export function filledChunks(size: number, runs: readonly Segment[]): Uint8Array {
  const { count, blocks } = chunksWithHoles(size);
  const length = blocks * BLOCK;
  const filled = new Uint8Array(count);
  for (const run of runs) {
    if (run.length === 0) continue;
    filled.fill(1, Math.floor(run.offset / length), Math.ceil((run.offset + run.length) / length));
  }
  return filled;
}
