/** Compresses a stream as layers are compressed. */
import { Readable, type Transform } from "node:stream";
import { constants, createGzip, createZstdCompress } from "node:zlib";

export interface CompressOptions {
  readonly format: "gzip" | "zstd";
  readonly level?: number;
}

/** As for decompression: the default of 16 kB costs a multiple. */
const CHUNK = 1 << 20;

/** What `chunks` throws, this throws. */
export async function* compress(
  chunks: AsyncIterable<Uint8Array>,
  options: CompressOptions,
): AsyncGenerator<Uint8Array> {
  const transform = transformOf(options);
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

function transformOf({ format, level }: CompressOptions): Transform {
  if (format === "gzip") return createGzip({ chunkSize: CHUNK, ...(level === undefined ? {} : { level }) });
  const params = level === undefined ? {} : { [constants.ZSTD_c_compressionLevel]: level };
  return createZstdCompress({ chunkSize: CHUNK, params });
}
