/** Starts a container in the foreground: attached before its first byte of output, cleaned up by this process. */
import type { AttachResult, AttachStreams, StartOptions } from "@podwright/spec/engine-api/containers";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { HeldLock } from "../ports/lock.ts";
import type { AttachConnection } from "../ports/monitor.ts";
import { attachContainer, exitCodeOf, pumpStreams } from "./attach.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { firstSize } from "./first-size.ts";
import { isPassthrough } from "./logs/drivers.ts";
import { foregroundLock, placesOf } from "./places.ts";
import { namedContainer } from "./select.ts";
import { type StartHooks, startContainer } from "./start.ts";

export async function startAttached(
  ctx: ContainerContext,
  nameOrId: string,
  streams: AttachStreams,
  { signal, preserveFds }: StartOptions & { readonly signal?: AbortSignal } = {},
): Promise<AttachResult> {
  const hooks: StartHooks = {
    ...(signal === undefined ? {} : { signal }),
    ...(preserveFds === undefined ? {} : { preserveFds }),
  };
  const record = namedContainer(ctx, nameOrId);
  const { config } = record;
  if (!config.infra && statusOf(ctx, record) === "running") {
    return attachContainer(ctx, nameOrId, streams, signal);
  }
  if (isPassthrough(config.log.driver)) return startPassing(ctx, config, streams, hooks);
  await using session = new ForegroundSession(ctx);
  const { first, resize } = await firstSize(streams.resize);
  await startContainer(ctx, config.id, {
    beforeLaunch: (id) => session.take(id),
    beforeStart: (bundle) => session.attach(bundle),
    ...(first === undefined ? {} : { terminalSize: first }),
    ...hooks,
  });
  const connection = session.connection;
  // An infra record has nothing to attach to; or somebody else was quicker with the start.
  if (connection === undefined) return await attachContainer(ctx, nameOrId, streams, signal);
  ctx.events.write(containerEvent(config, "attach"));
  const { bundle } = placesOf(ctx.settings, config);
  const attached: AttachStreams = resize === undefined ? streams : { ...streams, resize };
  const { detached } = await pumpStreams(ctx, connection, attached, {
    bundle,
    tty: config.process.tty,
    ...(signal === undefined ? {} : { signal }),
  });
  if (detached) return { detached, exitCode: 0 };
  const started = ctx.store.containers.get(config.id) ?? record;
  return { detached, exitCode: await exitCodeOf(ctx, started) };
}

/** The container has our own standard streams: there is nothing to attach to, and only its end to wait for. */
async function startPassing(
  ctx: ContainerContext,
  { id }: ContainerConfig,
  streams: AttachStreams,
  hooks: StartHooks,
): Promise<AttachResult> {
  await using session = new ForegroundSession(ctx);
  const { signal } = hooks;
  const ours = await startContainer(ctx, id, { beforeLaunch: (own) => session.take(own), ...hooks });
  if (!ours) return await attachContainer(ctx, id, streams, signal);
  streams.onAttached?.();
  return { detached: false, exitCode: await exitCodeOf(ctx, namedContainer(ctx, id), signal) };
}

/** What a foreground session holds: the lock that tells the exit command to do nothing, and the attach socket. */
class ForegroundSession implements AsyncDisposable {
  connection: AttachConnection | undefined;
  readonly #ctx: ContainerContext;
  #lock: HeldLock | undefined;

  constructor(ctx: ContainerContext) {
    this.#ctx = ctx;
  }

  async take(id: string): Promise<void> {
    this.#lock = await this.#ctx.foreground.acquire(foregroundLock(id));
  }

  async attach(bundle: string): Promise<void> {
    this.connection = await this.#ctx.monitor.attach(bundle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection?.[Symbol.asyncDispose]();
    this.#lock?.release();
  }
}
