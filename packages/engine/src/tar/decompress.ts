/** Undoes the compression of a layer or an archive. What counts is the data's first bytes: media types lie. */
import { Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { tarError } from "./tar-entry.ts";

export type Compression = "none" | "gzip" | "zstd";

/** Measured on layers: four times as fast as zlib's default of 16 kB. */
const CHUNK = 1 << 20;
const MAGIC_LENGTH = 6;

/** @throws IMAGE_ARCHIVE_INVALID for xz and bzip2, and for data that does not decompress. */
export async function* decompress(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < MAGIC_LENGTH) {
    const next = await iterator.next();
    if (next.done === true) break;
    head.push(next.value);
    length += next.value.length;
  }
  const whole = resume(head, iterator);
  const compression = detect(Buffer.concat(head));
  if (compression === "none") yield* whole;
  else yield* through(whole, transformOf(compression));
}

export function detect(head: Buffer): Compression {
  const starts = (...bytes: number[]): boolean => bytes.every((byte, at) => head[at] === byte);
  if (starts(0x1f, 0x8b)) return "gzip";
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return "zstd";
  if (
    head.length >= 4 &&
    (head[0] ?? 0) >> 4 === 5 &&
    head.subarray(1, 4).equals(Buffer.from([0x2a, 0x4d, 0x18]))
  ) {
    return "zstd";
  }
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0))
    throw tarError("the data is compressed with xz, which is not supported");
  if (starts(0x42, 0x5a, 0x68)) throw tarError("the data is compressed with bzip2, which is not supported");
  return "none";
}

function transformOf(compression: "gzip" | "zstd"): Transform {
  return compression === "gzip"
    ? createGunzip({ chunkSize: CHUNK })
    : createZstdDecompress({ chunkSize: CHUNK });
}

async function* resume(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* through(chunks: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const input = Readable.from(chunks, { highWaterMark: 1 });
  let cause: unknown;
  input.on("error", (error) => {
    cause = error;
    transform.destroy(error);
  });
  input.pipe(transform);
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } catch (error) {
    if (cause !== undefined) throw cause;
    const reason = error instanceof Error ? error.message : String(error);
    throw tarError(`cannot decompress: ${reason}`);
  } finally {
    input.destroy();
    transform.destroy();
  }
}
