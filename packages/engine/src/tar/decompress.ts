/** Undoes the compression of a layer or an archive. What counts is the data's first bytes: media types lie. */
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { litter } from "../base/litter.ts";
import { tarError } from "./tar-entry.ts";
import { wholeFrames } from "./zstd-frames.ts";

export type Compression = "none" | "gzip" | "zstd";

/** Measured on layers: four times as fast as zlib's default of 16 kB, and larger ones only cost memory. */
const CHUNK = 1 << 19;
/**
 * What waits before and behind the decompressor. With the default of 64 kB it stands still while its last chunk is
 * hashed and written; with this both go on side by side.
 */
const AHEAD = 1 << 20;
const MAGIC_LENGTH = 6;

/**
 * Several gzip members or zstd frames in a row are one stream. The chunks are read to their end, unless the reader
 * gives up or the data is bad.
 * @throws IMAGE_ARCHIVE_INVALID for xz and bzip2, and for data that does not decompress; what `chunks` throws.
 */
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
  const plain =
    compression === "none"
      ? whole
      : through(compression === "zstd" ? wholeFrames(whole) : whole, transformOf(compression));
  for await (const chunk of plain) {
    yield chunk;
    litter(chunk.length);
  }
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
  const options = { chunkSize: CHUNK, readableHighWaterMark: AHEAD, writableHighWaterMark: AHEAD };
  return compression === "gzip" ? createGunzip(options) : createZstdDecompress(options);
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
  const feeding = feed(chunks, transform);
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } catch (error) {
    if (feeding.failure !== undefined) throw feeding.failure.cause;
    const reason = error instanceof Error ? error.message : String(error);
    throw tarError(`cannot decompress: ${reason}`);
  } finally {
    transform.destroy();
  }
  // The input may go on where the data has ended: whoever checks it sees the rest too.
  await feeding.done;
  if (feeding.failure !== undefined) throw feeding.failure.cause;
}

interface Feeding {
  readonly done: Promise<void>;
  /** What the input threw; the wrapping tells a thrown `undefined` from nothing. */
  readonly failure: { readonly cause: unknown } | undefined;
}

/** Keeps the decompressor, which works on a thread of its own, in supply while its last chunk is being used. */
function feed(chunks: AsyncIterable<Uint8Array>, transform: Transform): Feeding {
  const feeding: { done: Promise<void>; failure: Feeding["failure"] } = {
    done: Promise.resolve(),
    failure: undefined,
  };
  feeding.done = (async () => {
    try {
      for await (const chunk of chunks) {
        if (transform.destroyed) {
          // Whoever reads us has given up.
          if (!transform.readableEnded) return;
          continue;
        }
        if (!transform.write(chunk)) await drained(transform);
      }
      transform.end();
    } catch (cause) {
      feeding.failure = { cause };
      transform.destroy(cause instanceof Error ? cause : new Error(String(cause)));
    }
  })();
  return feeding;
}

/** Resolves as well when the stream has ended or failed: its reader hears why. */
function drained(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      transform.off("drain", done).off("close", done).off("end", done);
      resolve();
    };
    transform.on("drain", done).on("close", done).on("end", done);
  });
}
