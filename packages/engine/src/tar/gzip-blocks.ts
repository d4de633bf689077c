/** gzip by several threads: blocks are compressed side by side and put together into one member. */
import { availableParallelism } from "node:os";
import { constants, crc32, deflateRaw, type ZlibOptions } from "node:zlib";

/** Blocks have this length whatever the chunks are, so that the same data gives the same bytes. */
const BLOCK = 1 << 17;
/** How far deflate looks back (RFC 1951 §2): a block knows the end of the one before it. */
const WINDOW = 1 << 15;
/** Further threads would cost memory for each layer that is sent. */
const MAX_AT_ONCE = 4;
const OUTPUT_CHUNK = 1 << 17;

/** RFC 1952 §2.3: deflate, no name, no time, made by no system in particular. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** A last block without content, in the fixed code. */
const END = Uint8Array.of(3, 0);

/** What `chunks` throws, this throws. */
export async function* gzipBlocks(
  chunks: AsyncIterable<Uint8Array>,
  level: number | undefined,
): AsyncGenerator<Uint8Array> {
  const atOnce = Math.min(availableParallelism(), MAX_AT_ONCE);
  const working: Promise<Uint8Array>[] = [];
  let before: Uint8Array | undefined;
  let sum = 0;
  let size = 0;
  yield HEADER;
  for await (const block of blocksOf(chunks)) {
    sum = crc32(block, sum);
    size += block.length;
    const compressed = deflate(block, before, level);
    // It is waited for in its turn, which does not come when the stream fails before.
    compressed.catch(() => {});
    working.push(compressed);
    before = block.subarray(-WINDOW);
    const first = working.length > atOnce ? working.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const rest of working) yield await rest;
  yield END;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(sum, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

/** Each is its own memory: what a source does with its chunks later does not matter. */
async function* blocksOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafeSlow(BLOCK);
  let used = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + BLOCK - used);
      block.set(part, used);
      used += part.length;
      at += part.length;
      if (used < BLOCK) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(BLOCK);
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

/** Ends at a whole byte without ending the stream, so that the next block can follow. */
function deflate(
  block: Buffer,
  dictionary: Uint8Array | undefined,
  level: number | undefined,
): Promise<Uint8Array> {
  const options: ZlibOptions = {
    chunkSize: OUTPUT_CHUNK,
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(level === undefined ? {} : { level }),
    ...(dictionary === undefined ? {} : { dictionary }),
  };
  return new Promise((resolve, reject) => {
    deflateRaw(block, options, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
