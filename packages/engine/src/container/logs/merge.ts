/** Merges sources that are each in order of time; and sources that go on for ever, as their items come. */

/** `before` says that the first belongs in front of the second. Ties go to the earlier source. */
export async function* mergeInOrder<T>(
  sources: readonly AsyncIterable<T>[],
  before: (a: T, b: T) => boolean,
): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
  for (;;) {
    let least: number | undefined;
    for (const [at, head] of heads.entries()) {
      if (head.done === true) continue;
      const best = least === undefined ? undefined : heads[least];
      if (best === undefined || best.done === true || before(head.value, best.value)) least = at;
    }
    if (least === undefined) return;
    const head = heads[least];
    const iterator = iterators[least];
    if (head === undefined || head.done === true || iterator === undefined) return;
    yield head.value;
    heads[least] = await iterator.next();
  }
}

export async function* mergeAsTheyCome<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const pending = new Map(iterators.map((iterator, at) => [at, step(iterator, at)]));
  try {
    while (pending.size > 0) {
      const { at, result } = await Promise.race(pending.values());
      const iterator = iterators[at];
      if (result.done === true || iterator === undefined) {
        pending.delete(at);
        continue;
      }
      yield result.value;
      pending.set(at, step(iterator, at));
    }
  } finally {
    for (const iterator of iterators) void iterator.return?.();
  }
}

async function step<T>(
  iterator: AsyncIterator<T>,
  at: number,
): Promise<{ at: number; result: IteratorResult<T> }> {
  return { at, result: await iterator.next() };
}
