/** Follows the frames of a zstd stream (RFC 8878 §3.1): the decompressor does not tell a stream that was cut from a whole one. */
import { tarError } from "./tar-entry.ts";

const FRAME = 0xfd2fb528;
/** The low four bits of a skippable frame's are its own. */
const SKIPPABLE = 0x184d2a50;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const REPEATED_BYTE = 1;
const RESERVED_BLOCK = 3;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

type Part = "magic" | "skippable-size" | "descriptor" | "block";

/** The same stream. @throws IMAGE_ARCHIVE_INVALID where it ends inside a frame or goes on with what is none. */
export async function* wholeFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = new FrameFollower();
  for await (const chunk of chunks) {
    frames.follow(chunk);
    yield chunk;
  }
  if (!frames.isWhole) throw tarError("cannot decompress: unexpected end of file");
}

export class FrameFollower {
  #part: Part = "magic";
  /** Little-endian value of what has been read of the part. */
  #value = 0;
  #read = 0;
  #length = MAGIC_BYTES;
  /** Bytes to pass over before the part begins. */
  #skip = 0;
  #checksum = 0;

  get isWhole(): boolean {
    return this.#part === "magic" && this.#read === 0 && this.#skip === 0;
  }

  follow(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const passed = Math.min(this.#skip, chunk.length - at);
      this.#skip -= passed;
      at += passed;
      if (at === chunk.length) return;
      // No bit operation: the magic number has its highest bit set.
      this.#value += (chunk[at++] ?? 0) * 2 ** (8 * this.#read++);
      if (this.#read === this.#length) this.#next(this.#value);
    }
  }

  #next(value: number): void {
    switch (this.#part) {
      case "magic":
        if (value === FRAME) return this.#expect("descriptor", 1);
        if (value - (value % 16) === SKIPPABLE) return this.#expect("skippable-size", 4);
        throw tarError("cannot decompress: unknown frame descriptor");
      case "skippable-size":
        return this.#expect("magic", MAGIC_BYTES, value);
      case "descriptor": {
        const single = (value >> 5) & 1;
        const contentSize = value >> 6 === 0 ? single : (CONTENT_SIZE_BYTES[value >> 6] ?? 0);
        this.#checksum = (value >> 2) & 1 ? CHECKSUM_BYTES : 0;
        return this.#expect(
          "block",
          BLOCK_HEADER_BYTES,
          1 - single + (DICTIONARY_BYTES[value & 3] ?? 0) + contentSize,
        );
      }
      case "block": {
        const type = (value >> 1) & 3;
        if (type === RESERVED_BLOCK) throw tarError("cannot decompress: reserved block type");
        const size = type === REPEATED_BYTE ? 1 : value >> 3;
        if ((value & 1) === 0) return this.#expect("block", BLOCK_HEADER_BYTES, size);
        return this.#expect("magic", MAGIC_BYTES, size + this.#checksum);
      }
    }
  }

  #expect(part: Part, length: number, skip = 0): void {
    this.#part = part;
    this.#length = length;
    this.#skip = skip;
    this.#value = 0;
    this.#read = 0;
  }
}
