/** Lines of one container's log files; followed until the container has ended for good. */
import type { LogsOptions } from "@podwright/spec/engine-api/containers";
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { LogChanges } from "./changes.ts";
import { hasEnded } from "./end-of-log.ts";
import { FileLog, type Records } from "./file-log.ts";
import { RecordClock } from "./record-time.ts";

export async function* fileLines(
  ctx: ContainerContext,
  record: ContainerRecord,
  options: LogsOptions,
  signal?: AbortSignal,
): AsyncGenerator<LogBatch> {
  const { path, maxFiles = 1 } = record.config.log;
  using log = new FileLog({ path, maxFiles });
  if (options.tail >= 0) log.seekToTail(options.tail);
  const reading = new Reading(ctx, record, options);
  if (!options.follow) {
    yield* reading.lines(log, signal);
    return;
  }
  using end = new EndWatch(ctx, record.config.id, path);
  for (let ended = false; ; ) {
    const before = reading.count;
    yield* reading.lines(log, signal);
    const found = reading.count > before;
    if (signal?.aborted === true || reading.isPast) return;
    if (!found && ended) return;
    // Asked before the last reading: what was written up to the end is then read by it.
    ended = !found && end.isReached();
    if (!ended) await end.next(found, signal);
  }
}

class Reading {
  /** Batches that were found, shown or not. */
  count = 0;
  readonly #ctx: ContainerContext;
  readonly #record: ContainerRecord;
  readonly #since: number;
  readonly #until: number;
  readonly #clock = new RecordClock();
  #warned = false;
  #sawLater = false;

  constructor(ctx: ContainerContext, record: ContainerRecord, { since, until }: LogsOptions) {
    this.#ctx = ctx;
    this.#record = record;
    this.#since = since ?? Number.NEGATIVE_INFINITY;
    this.#until = until ?? Number.POSITIVE_INFINITY;
  }

  /** Nothing that comes from now on is wanted. */
  get isPast(): boolean {
    return this.#sawLater || this.#ctx.clock.now() > this.#until;
  }

  *lines(log: FileLog, signal: AbortSignal | undefined): Generator<LogBatch> {
    const { id: containerId, name: containerName } = this.#record.config;
    for (const records of log.available()) {
      if (signal?.aborted === true) return;
      this.count += 1;
      this.#choose(records);
      const { count: to, numbers: columns } = records.columns;
      if (to > 0) yield { containerId, containerName, bytes: records.bytes, columns, from: 0, to };
    }
    if (log.invalid !== undefined && !this.#warned) {
      this.#warned = true;
      this.#ctx.log.warn(
        `skipping what is no log line in the log of container ${containerName}: ${JSON.stringify(log.invalid)}`,
      );
    }
  }

  #choose({ bytes, columns }: Records): void {
    if (this.#since === Number.NEGATIVE_INFINITY && this.#until === Number.POSITIVE_INFINITY) return;
    columns.filter((start) => {
      const time = this.#clock.at(bytes, start);
      if (time > this.#until) this.#sawLater = true;
      return time >= this.#since && time <= this.#until;
    });
  }
}

/** Waits for changes of a log, and looks whether its container has ended. */
class EndWatch implements Disposable {
  readonly #ctx: ContainerContext;
  readonly #id: string;
  readonly #changes: LogChanges;
  readonly #stop = new AbortController();
  /** Of the run whose end is waited for. */
  #awaited: number | undefined;

  constructor(ctx: ContainerContext, id: string, path: string) {
    this.#ctx = ctx;
    this.#id = id;
    this.#changes = new LogChanges(path);
  }

  isReached(): boolean {
    const record = this.#ctx.store.containers.get(this.#id);
    if (hasEnded(this.#ctx, record)) return true;
    if (record !== undefined) this.#awaitExit(record);
    return false;
  }

  next(found: boolean, signal: AbortSignal | undefined): Promise<void> {
    return this.#changes.next(found, signal);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#changes[Symbol.dispose]();
  }

  /** An end is seen at once, and not at the next look. */
  #awaitExit({ state: { run, exit } }: ContainerRecord): void {
    const pid = run?.pid?.pid;
    if (pid === undefined || exit !== undefined || this.#awaited === pid) return;
    this.#awaited = pid;
    const wake = (): void => this.#changes.wake();
    this.#ctx.monitor.waitExit(this.#id, run?.monitor, this.#stop.signal).then(wake, wake);
  }
}
