/** Takes exact numbers of bytes out of a stream of chunks, holding no more than one chunk and one request. */
import { tarError } from "./tar-entry.ts";

/** A source of chunks that need not read what nobody wants. */
export interface PassingChunks extends AsyncIterable<Uint8Array> {
  /** The next chunk begins so many bytes further on. @throws IMAGE_ARCHIVE_INVALID when that is behind the end. */
  pass(length: number): void;
}

export class ByteSource {
  /** Sees every byte that is taken, in order; the bytes are valid during the call. */
  tap: ((bytes: Buffer) => void) | undefined;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #pass: ((length: number) => void) | undefined;
  #chunk: Buffer = Buffer.alloc(0);
  #ended = false;
  #offset = 0;

  constructor(chunks: AsyncIterable<Uint8Array> | PassingChunks) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#pass = "pass" in chunks ? (length) => chunks.pass(length) : undefined;
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * The next `length` bytes, valid until the next call; undefined when the stream ended before the first.
   * @throws IMAGE_ARCHIVE_INVALID when it ends in the middle.
   */
  async take(length: number): Promise<Buffer | undefined> {
    if (this.#chunk.length >= length) return this.#cut(length);
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#chunk.length === 0 && !(await this.#fill())) {
        if (missing === length) return undefined;
        throw tarError("the archive is truncated");
      }
      const part = this.#cut(Math.min(missing, this.#chunk.length));
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts, length);
  }

  /** Between 1 and `limit` bytes without copying. @throws IMAGE_ARCHIVE_INVALID at the end of the stream. */
  async some(limit: number): Promise<Buffer> {
    if (this.#chunk.length === 0 && !(await this.#fill())) throw tarError("the archive is truncated");
    return this.#cut(Math.min(limit, this.#chunk.length));
  }

  async skip(length: number): Promise<void> {
    let missing = length;
    if (this.#pass !== undefined && this.tap === undefined) {
      missing -= this.#cut(Math.min(missing, this.#chunk.length)).length;
      this.#pass(missing);
      this.#offset += missing;
      return;
    }
    while (missing > 0) missing -= (await this.some(missing)).length;
  }

  /** Reads to the end and drops what comes: a digest covers what follows the archive's end mark as well. */
  async drain(): Promise<void> {
    this.#cut(this.#chunk.length);
    while (await this.#fill()) this.#cut(this.#chunk.length);
  }

  #cut(length: number): Buffer {
    const part = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(length);
    this.#offset += length;
    this.tap?.(part);
    return part;
  }

  async #fill(): Promise<boolean> {
    while (!this.#ended) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        this.#ended = true;
        return false;
      }
      const { buffer, byteOffset, byteLength } = next.value;
      this.#chunk = Buffer.from(buffer, byteOffset, byteLength);
      if (byteLength > 0) return true;
    }
    return false;
  }
}
