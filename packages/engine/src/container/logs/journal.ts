/** Lines of one container that the systemd journal keeps. */
import type { LogsOptions } from "@podwright/spec/engine-api/containers";
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import { sleep } from "../../base/sleep.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { JournalRecords } from "../../ports/journal.ts";
import type { ContainerContext } from "../context.ts";
import { hasEnded } from "./end-of-log.ts";
import { RecordColumns, scanRecords } from "./k8s-file.ts";
import { RecordClock } from "./record-time.ts";

/** Milliseconds between looks whether the container has ended. */
const PAUSE = 250;

export async function* journalLines(
  ctx: ContainerContext,
  record: ContainerRecord,
  options: LogsOptions,
  signal?: AbortSignal,
): AsyncGenerator<LogBatch> {
  const journal = await ctx.journal();
  const { tail, since, until, follow } = options;
  const query = {
    containerId: record.config.id,
    ...(since === undefined ? {} : { since }),
    ...(tail < 0 ? {} : { last: tail }),
  };
  const choose = batchesUntil(record, until ?? Number.POSITIVE_INFINITY);
  if (!follow) {
    if (tail === 0) return;
    for await (const records of journal.read(query)) yield choose(records);
    return;
  }
  const over = new AbortController();
  void endOf(ctx, record.config.id, { until, signal: stopping(over.signal, signal) }).then(() =>
    over.abort(),
  );
  let after: string | undefined;
  try {
    for await (const records of journal.follow(query, stopping(over.signal, signal))) {
      after = records.cursor;
      yield choose(records);
    }
  } finally {
    over.abort();
  }
  if (signal?.aborted === true || (after === undefined && tail === 0)) return;
  await journal.settle();
  const rest = after === undefined ? query : { containerId: query.containerId, after };
  for await (const records of journal.read(rest)) yield choose(records);
}

function stopping(own: AbortSignal, callers: AbortSignal | undefined): AbortSignal {
  return callers === undefined ? own : AbortSignal.any([own, callers]);
}

function batchesUntil({ config }: ContainerRecord, until: number): (records: JournalRecords) => LogBatch {
  const clock = new RecordClock();
  return ({ bytes }) => {
    const columns = new RecordColumns();
    scanRecords(bytes, columns);
    if (until !== Number.POSITIVE_INFINITY) columns.filter((start) => clock.at(bytes, start) <= until);
    const { id: containerId, name: containerName } = config;
    return { containerId, containerName, bytes, columns: columns.numbers, from: 0, to: columns.count };
  };
}

interface EndWait {
  readonly until: number | undefined;
  readonly signal: AbortSignal;
}

async function endOf(ctx: ContainerContext, id: string, { until, signal }: EndWait): Promise<void> {
  while (!signal.aborted && !hasEnded(ctx, ctx.store.containers.get(id))) {
    if (until !== undefined && ctx.clock.now() > until) return;
    await sleep(PAUSE, signal);
  }
}
