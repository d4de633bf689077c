/** Joins the caller's streams to a running container until it ends or the detach keys are typed. */
import type { AttachResult, AttachStreams, TerminalSize } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDetachKeys } from "@podwright/spec/values/detach-keys";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { AttachConnection } from "../ports/monitor.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { detachMatcher } from "./detach-keys.ts";
import { statusOf } from "./facts.ts";
import { isKnown } from "./first-size.ts";
import { finishRun } from "./finish.ts";
import { requireRunning, UNKNOWN_EXIT } from "./lifecycle.ts";
import { isPassthrough } from "./logs/drivers.ts";
import { placesOf } from "./places.ts";
import { namedContainer } from "./select.ts";
import { waitForEnd } from "./wait-end.ts";

export async function attachContainer(
  ctx: ContainerContext,
  nameOrId: string,
  streams: AttachStreams,
  signal?: AbortSignal,
): Promise<AttachResult> {
  const record = namedContainer(ctx, nameOrId);
  const status = record.config.infra ? "configured" : statusOf(ctx, record);
  requireRunning({ id: record.config.id, status }, "you can only attach to running containers");
  const { driver } = record.config.log;
  if (isPassthrough(driver)) {
    throw new EngineError(
      "CONTAINER_LOGS_UNREADABLE",
      `this container is using the '${driver}' log driver, cannot attach: this container is not logging output`,
    );
  }
  const { bundle } = placesOf(ctx.settings, record.config);
  await using connection = await ctx.monitor.attach(bundle);
  ctx.events.write(containerEvent(record.config, "attach"));
  const pump = { bundle, tty: record.config.process.tty, ...(signal === undefined ? {} : { signal }) };
  const { detached } = await pumpStreams(ctx, connection, streams, pump);
  if (detached) return { detached, exitCode: 0 };
  return { detached, exitCode: await exitCodeOf(ctx, record, signal) };
}

/** Waits for the end of the container, finishes it, and gives its exit code (-1 when that is lost). */
export async function exitCodeOf(
  ctx: ContainerContext,
  record: ContainerRecord,
  signal?: AbortSignal,
): Promise<number> {
  const { id } = record.config;
  await waitForEnd(ctx, record, signal);
  // Read first: somebody else may remove the container between the end and our clean-up.
  const left = ctx.monitor.readExit(id);
  const exit = await finishRun(ctx, id);
  return (
    exit?.exitCode ?? left?.exitCode ?? ctx.store.containers.get(id)?.state.exit?.exitCode ?? UNKNOWN_EXIT
  );
}

export interface Pump {
  readonly bundle: string;
  readonly tty: boolean;
  readonly signal?: AbortSignal;
}

/** Ends when the output has ended, on the detach keys, or when aborted (which counts as detaching). */
export async function pumpStreams(
  ctx: Pick<ContainerContext, "monitor" | "settings">,
  connection: AttachConnection,
  streams: AttachStreams,
  pump: Pump,
): Promise<{ readonly detached: boolean }> {
  streams.onAttached?.();
  const stop = new AbortController();
  const leave = once(stop.signal, pump.signal);
  const input =
    streams.stdin === undefined ? never() : pumpInput(connection, streams.stdin, detachKeys(ctx, streams));
  const resizing = streams.resize === undefined || !pump.tty ? undefined : streams.resize;
  if (resizing !== undefined)
    void followSize(resizing, stop.signal, (size) => ctx.monitor.resize(pump.bundle, size));
  try {
    const ended = pumpOutput(connection, streams).then(() => ({ detached: false }));
    const left = Promise.race([input, leave]).then(() => ({ detached: true }));
    return await Promise.race([ended, left]);
  } finally {
    stop.abort();
  }
}

function detachKeys(ctx: Pick<ContainerContext, "settings">, streams: AttachStreams): readonly number[] {
  return streams.detachKeys ?? parseDetachKeys(ctx.settings.config.detachKeys);
}

async function pumpOutput(connection: AttachConnection, streams: AttachStreams): Promise<void> {
  for await (const { stream, bytes } of connection.output) {
    await (stream === "stdout" ? streams.stdout : streams.stderr)(bytes);
  }
}

/** Resolves on the detach keys alone: at the end of the input the container goes on. */
async function pumpInput(
  connection: AttachConnection,
  stdin: AsyncIterable<Uint8Array>,
  keys: readonly number[],
): Promise<void> {
  const matcher = detachMatcher(keys);
  for await (const chunk of stdin) {
    const { pass, detached } = matcher.feed(chunk);
    if (pass.length > 0) await connection.write(pass);
    if (detached) return;
  }
  connection.endInput();
  await never();
}

async function followSize(
  sizes: AsyncIterable<TerminalSize>,
  signal: AbortSignal,
  apply: (size: TerminalSize) => void,
): Promise<void> {
  for await (const size of sizes) {
    if (signal.aborted) return;
    if (isKnown(size)) apply(size);
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** Resolves when the caller aborts; stops listening when `until` does. */
function once(until: AbortSignal, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return never();
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true, signal: until });
  });
}
