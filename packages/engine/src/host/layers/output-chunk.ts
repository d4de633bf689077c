/** Collects small pieces into large chunks: most files of a layer are a few kilobytes. */

const CHUNK = 1 << 20;

export class OutputChunk {
  #buffer = Buffer.allocUnsafe(CHUNK);
  #length = 0;

  *add(bytes: Uint8Array): Generator<Uint8Array> {
    let done = 0;
    while (done < bytes.length) {
      const part = bytes.subarray(done, done + CHUNK - this.#length);
      this.#buffer.set(part, this.#length);
      this.#length += part.length;
      done += part.length;
      if (this.#length === CHUNK) yield* this.rest();
    }
  }

  /** Room to read into, at least one byte. */
  get room(): Buffer {
    return this.#buffer.subarray(this.#length);
  }

  /** Takes what was read into `room`. */
  *took(length: number): Generator<Uint8Array> {
    this.#length += length;
    if (this.#length === CHUNK) yield* this.rest();
  }

  *rest(): Generator<Uint8Array> {
    if (this.#length === 0) return;
    // Whoever gets a chunk may keep it.
    const full = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(CHUNK);
    this.#length = 0;
    yield full;
  }
}
