/** Reads the logs of containers, and follows them until the containers end. */
import type { LogLine, LogsOptions } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { sleep } from "../base/sleep.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { gatherFacts } from "./facts.ts";
import type { LogRecord } from "./logs/k8s-file.ts";
import { LogFile } from "./logs/log-file.ts";
import { mergeAsTheyCome, mergeInOrder } from "./logs/merge.ts";
import { namedContainer } from "./select.ts";

/** Milliseconds between looks at a log that is followed. */
const PAUSE = 50;

/** Lines of several containers stand in order of time; when they are followed, as they come. */
export function containerLogs(
  ctx: ContainerContext,
  names: readonly string[],
  options: LogsOptions,
  signal?: AbortSignal,
): AsyncIterable<LogLine> {
  const records = names.map((name) => readable(namedContainer(ctx, name)));
  const sources = records.map((record) => linesOf(ctx, record, options, signal));
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only;
  return options.follow ? mergeAsTheyCome(sources) : mergeInOrder(sources, (a, b) => a.time < b.time);
}

function readable(record: ContainerRecord): ContainerRecord {
  const { driver } = record.config.log;
  if (driver !== "none") return record;
  throw new EngineError(
    "CONTAINER_LOGS_UNREADABLE",
    "this container is using the 'none' log driver, cannot read logs: this container is not logging output",
  );
}

async function* linesOf(
  ctx: ContainerContext,
  record: ContainerRecord,
  options: LogsOptions,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  const { id, name, log, infra } = record.config;
  if (infra || log.path === "") return;
  using file = new LogFile(log.path);
  if (options.tail >= 0) file.seekToTail(options.tail);
  for (;;) {
    // Asked before reading: what was written up to the end is then read in this round.
    const ended = !options.follow || hasEnded(ctx, id);
    do {
      for (const entry of file.available()) {
        if (isAfter(entry, options.until)) {
          if (options.follow) return;
          continue;
        }
        if (options.since !== undefined && Date.parse(entry.time) < options.since) continue;
        yield { containerId: id, containerName: name, ...entry };
      }
    } while (file.followRotation());
    if (ended || signal?.aborted === true) return;
    if (options.until !== undefined && ctx.clock.now() > options.until) return;
    await sleep(PAUSE, signal);
  }
}

function isAfter(entry: LogRecord, until: number | undefined): boolean {
  return until !== undefined && Date.parse(entry.time) > until;
}

/** Its monitor has written all that there is to write. */
function hasEnded(ctx: ContainerContext, id: string): boolean {
  const record = ctx.store.containers.get(id);
  if (record === undefined) return true;
  const { run, exit } = record.state;
  if (run === undefined || exit !== undefined) return true;
  const facts = gatherFacts(ctx, record);
  if (facts.alive) return false;
  const writing = run.monitor !== undefined && ctx.processes.isAlive(run.monitor);
  return facts.exitRecord !== undefined || !writing;
}
