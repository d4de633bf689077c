/** A layer's stream, whose own failures are told from those of what is in it. */

export class SourceChunks implements AsyncIterable<Uint8Array> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #ended = false;
  /** What the stream threw; the wrapping tells a thrown `undefined` from nothing. */
  failure: { readonly cause: unknown } | undefined;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Without `return`: a reader that gives up leaves the rest to `drain` or `stop`. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      const next = await this.#iterator.next();
      if (next.done === true) this.#ended = true;
      return next;
    } catch (cause) {
      this.#ended = true;
      this.failure ??= { cause };
      throw cause;
    }
  }

  /** Reads the rest, so that a stream that is wrong as a whole says so itself. */
  async drain(): Promise<void> {
    try {
      while ((await this.#next()).done !== true);
    } catch {
      // It is kept in `failure`.
    }
  }

  stop(): void {
    this.#ended = true;
    // It may be at work on a chunk that never comes: nobody waits for that.
    void this.#iterator.return?.().catch(() => {});
  }
}
