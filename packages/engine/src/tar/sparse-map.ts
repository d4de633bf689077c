/** Writes the map of a sparse file as pax form 1.0 has it: decimal lines before the data, padded to a block. */
import { BLOCK, type Segment } from "./tar-entry.ts";

export function paxSparseMap(segments: readonly Segment[]): Buffer {
  const numbers = segments.flatMap(({ offset, length }) => [offset, length]);
  const text = Buffer.from([segments.length, ...numbers].map((number) => `${number}\n`).join(""));
  return Buffer.concat([text, Buffer.alloc((BLOCK - (text.length % BLOCK)) % BLOCK)]);
}
