/** Compresses a stream as layers are compressed. */
import { Readable } from "node:stream";
import { constants, createZstdCompress } from "node:zlib";
import { gzipBlocks } from "./gzip-blocks.ts";

export interface CompressOptions {
  readonly format: "gzip" | "zstd";
  readonly level?: number;
}

/** As for decompression: the default of 16 kB costs a multiple. */
const CHUNK = 1 << 20;

/** What `chunks` throws, this throws. */
export function compress(
  chunks: AsyncIterable<Uint8Array>,
  { format, level }: CompressOptions,
): AsyncGenerator<Uint8Array> {
  return format === "gzip" ? gzipBlocks(chunks, level) : zstd(chunks, level);
}

async function* zstd(
  chunks: AsyncIterable<Uint8Array>,
  level: number | undefined,
): AsyncGenerator<Uint8Array> {
  const params = level === undefined ? {} : { [constants.ZSTD_c_compressionLevel]: level };
  // So that it goes on while its last chunk is being sent.
  const options = { chunkSize: CHUNK, readableHighWaterMark: 2 * CHUNK, params };
  const transform = createZstdCompress(options);
  const input = Readable.from(chunks, { highWaterMark: 1 });
  input.on("error", (error) => transform.destroy(error));
  input.pipe(transform);
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } finally {
    input.destroy();
    transform.destroy();
  }
}
