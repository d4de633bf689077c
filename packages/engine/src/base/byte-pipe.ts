/** Joins a source that pushes bytes to one that pulls them, holding one chunk. */

export class BytePipe implements AsyncIterable<Uint8Array> {
  #chunk: Uint8Array | undefined;
  #end: { readonly error?: unknown } | undefined;
  #abandoned = false;
  #changed = Promise.withResolvers<void>();

  /** Resolves when the reader has taken it. Once the reader has left, bytes go nowhere. */
  async write(chunk: Uint8Array): Promise<void> {
    while (this.#chunk !== undefined && !this.#abandoned) await this.#changed.promise;
    if (this.#abandoned || chunk.length === 0) return;
    this.#chunk = chunk;
    this.#wake();
    while (this.#chunk === chunk && !this.#abandoned) await this.#changed.promise;
  }

  end(): void {
    this.#end ??= {};
    this.#wake();
  }

  /** The reader gets it as its error, after what was written before. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** The reader will not read on. */
  abandon(): void {
    this.#abandoned = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunk;
        if (chunk !== undefined) {
          yield chunk;
          this.#chunk = undefined;
          this.#wake();
        } else if (this.#end !== undefined) {
          if ("error" in this.#end) throw this.#end.error;
          return;
        } else {
          await this.#changed.promise;
        }
      }
    } finally {
      this.abandon();
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Runs both ends; the first that fails is what is told, since it makes the other fail. */
export async function piped(
  write: (sink: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
  read: (source: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const pipe = new BytePipe();
  const failures: unknown[] = [];
  const writing = write((chunk) => pipe.write(chunk)).then(
    () => pipe.end(),
    (error: unknown) => {
      failures.push(error);
      pipe.fail(error);
    },
  );
  const reading = read(pipe)
    .catch((error: unknown) => {
      if (!failures.includes(error)) failures.push(error);
    })
    .finally(() => pipe.abandon());
  await Promise.all([writing, reading]);
  if (failures.length > 0) throw failures[0];
}
