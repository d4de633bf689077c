/** Merges what several containers wrote: in order of time, or as it comes. */
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import { LOG_COLUMNS } from "@podwright/spec/values/log-batch";
import { RecordClock } from "./record-time.ts";

/** Of containers that are read to their end. Ties go to the earlier source. */
export async function* mergeInOrder(sources: readonly AsyncIterable<LogBatch>[]): AsyncGenerator<LogBatch> {
  const open: Source[] = [];
  for (const lines of sources) open.push(new Source(lines[Symbol.asyncIterator]()));
  try {
    for (const source of open) await source.fill();
    for (;;) {
      const [first, second] = earliestTwo(open);
      if (first === undefined) return;
      const isTieOurs = second === undefined || open.indexOf(first) < open.indexOf(second);
      yield first.takeUntil(second?.time ?? Number.POSITIVE_INFINITY, isTieOurs);
      await first.fill();
    }
  } finally {
    for (const source of open) await source.end();
  }
}

/** One container's lines, of which the first not yet taken is looked at. */
class Source {
  /** Of the first line that was not taken; infinity at the end. */
  time = Number.POSITIVE_INFINITY;
  readonly #iterator: AsyncIterator<LogBatch>;
  readonly #clock = new RecordClock();
  #batch: LogBatch | undefined;

  constructor(iterator: AsyncIterator<LogBatch>) {
    this.#iterator = iterator;
  }

  /** False at the end. */
  get isOpen(): boolean {
    return this.#batch !== undefined;
  }

  async fill(): Promise<void> {
    while (this.#batch === undefined || this.#batch.from === this.#batch.to) {
      const next = await this.#iterator.next();
      this.#batch = next.done === true ? undefined : next.value;
      if (next.done === true) break;
    }
    this.time =
      this.#batch === undefined ? Number.POSITIVE_INFINITY : this.#timeOf(this.#batch, this.#batch.from);
  }

  /** The lines from the first on that are before `limit`, or at it: the first in any case. */
  takeUntil(limit: number, isTieOurs: boolean): LogBatch {
    const batch = this.#batch;
    if (batch === undefined) throw new Error("taken from a source that has ended");
    const to = this.#firstBehind(batch, limit, isTieOurs);
    this.#batch = { ...batch, from: to };
    return { ...batch, to };
  }

  /** Found in growing strides and then in shrinking ones: a log is in order of time. */
  #firstBehind(batch: LogBatch, limit: number, isTieOurs: boolean): number {
    const isBefore = (line: number): boolean => {
      if (line >= batch.to) return false;
      const time = this.#timeOf(batch, line);
      return time < limit || (isTieOurs && time === limit);
    };
    let to = batch.from + 1;
    let stride = 1;
    for (; isBefore(to + stride - 1); stride *= 2) to += stride;
    for (stride >>= 1; stride > 0; stride >>= 1) if (isBefore(to + stride - 1)) to += stride;
    return to;
  }

  async end(): Promise<void> {
    await this.#iterator.return?.();
  }

  #timeOf({ bytes, columns }: LogBatch, line: number): number {
    return this.#clock.at(bytes, columns[line * LOG_COLUMNS] ?? 0);
  }
}

function earliestTwo(sources: readonly Source[]): [Source | undefined, Source | undefined] {
  let [first, second]: [Source | undefined, Source | undefined] = [undefined, undefined];
  for (const source of sources) {
    if (!source.isOpen) continue;
    if (first === undefined || source.time < first.time) [first, second] = [source, first];
    else if (second === undefined || source.time < second.time) second = source;
  }
  return [first, second];
}

export async function* mergeAsTheyCome<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const pending = new Map(iterators.map((iterator, at) => [at, step(iterator, at)]));
  try {
    while (pending.size > 0) {
      const { at, result } = await Promise.race(pending.values());
      const iterator = iterators[at];
      // To the end of the queue, so that one who always has something does not keep the others waiting.
      pending.delete(at);
      if (result.done === true || iterator === undefined) continue;
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
