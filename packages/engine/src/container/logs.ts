/** Reads the logs of containers, and follows them until the containers end. */
import type { LogsOptions } from "@podwright/spec/engine-api/containers";
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { fileLines } from "./logs/follow.ts";
import { mergeAsTheyCome, mergeInOrder } from "./logs/merge.ts";
import { namedContainer } from "./select.ts";

/** Lines of several containers stand in order of time; when they are followed, as they come. */
export function containerLogs(
  ctx: ContainerContext,
  names: readonly string[],
  options: LogsOptions,
  signal?: AbortSignal,
): AsyncIterable<LogBatch> {
  const records = names.map((name) => readable(namedContainer(ctx, name)));
  const sources = records.map((record) => linesOf(ctx, record, options, signal));
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only;
  return options.follow ? mergeAsTheyCome(sources) : mergeInOrder(sources);
}

const UNREADABLE: readonly string[] = ["none", "passthrough", "passthrough-tty"];

function readable(record: ContainerRecord): ContainerRecord {
  const { driver } = record.config.log;
  if (!UNREADABLE.includes(driver)) return record;
  throw new EngineError(
    "CONTAINER_LOGS_UNREADABLE",
    `this container is using the '${driver}' log driver, cannot read logs: this container is not logging output`,
  );
}

async function* linesOf(
  ctx: ContainerContext,
  record: ContainerRecord,
  options: LogsOptions,
  signal?: AbortSignal,
): AsyncGenerator<LogBatch> {
  const { log, infra } = record.config;
  if (infra) return;
  if (log.driver === "journald") {
    const { journalLines } = await import("./logs/journal.ts");
    return yield* journalLines(ctx, record, options, signal);
  }
  if (log.path === "") return;
  yield* fileLines(ctx, record, options, signal);
}
