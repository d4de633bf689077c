/** What a changing command does first with an object that it has locked: finishes what a killed command left. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord, ContainerState } from "../ports/container-record.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { settledFacts } from "./facts.ts";
import { finishRun } from "./finish.ts";
import { noteExit } from "./note-exit.ts";
import { isOurs, ownerLives } from "./ownership.ts";
import { foregroundLock } from "./places.ts";
import { deleteContainer } from "./delete.ts";
import { cleanUpRun, hasLeftovers, tearDownRun } from "./teardown.ts";

/**
 * Call with the container's lock held; gives the record as it is then.
 * @throws CONTAINER_NOT_FOUND when it was removed in the meantime, or half made and now undone
 */
export async function healContainer(ctx: ContainerContext, id: string): Promise<ContainerRecord> {
  const record = ctx.store.containers.get(id);
  if (record === undefined) {
    // Its removal forgot the lock, which the caller has just made anew.
    ctx.locks.forget(`container-${id}`);
    throw notFound(id);
  }
  if (record.config.infra) return record;
  if (record.phase === "creating" || record.phase === "removing") {
    // A creation holds no lock; a removal does, and the lock is ours.
    if (record.phase === "creating" && isOurs(ctx, record)) return record;
    if (record.phase === "creating" && ownerLives(ctx, record)) throw notFound(id);
    // `rm` without -v keeps the volumes, also when the next command has to finish it.
    const volumes = record.phase === "creating" || record.state.volumesGo === true;
    await deleteContainer(ctx, record, { volumes });
    throw notFound(id);
  }
  const healed = await healRun(ctx, record);
  if (record.phase === "updating") {
    const { settleUpdate } = await import("./settle-update.ts");
    return settleUpdate(ctx, healed);
  }
  return record.phase === "starting" ? settleStart(ctx, healed) : healed;
}

/**
 * A start holds the lock as well, so its owner is dead. Only once all is undone does the phase change: we can be
 * killed, too. What was to go with its end, and never began, goes.
 */
async function settleStart(ctx: ContainerContext, record: ContainerRecord): Promise<ContainerRecord> {
  const { id, autoRemove } = record.config;
  if (autoRemove && record.state.run === undefined && record.state.backOff === undefined) {
    await deleteContainer(ctx, record, { volumes: true });
    throw notFound(id);
  }
  ctx.store.containers.setPhase(id, "ready");
  return { ...record, phase: "ready" };
}

/**
 * Undoes or finishes what killed commands left of containers that nobody names: every command that changes
 * something calls this first. Two look-ups when there is nothing to do.
 */
export async function healUnfinished(ctx: ContainerContext): Promise<void> {
  const living = new Set<string>();
  for (const { id, owner } of ctx.store.containers.unfinished()) {
    const who = owner === undefined ? "" : `${owner.pid} ${owner.startTime} ${owner.bootId}`;
    if (living.has(who)) continue;
    if (owner !== undefined && ownerLives(ctx, { owner })) living.add(who);
    else await healAbandoned(ctx, id);
  }
  for (const id of ctx.monitor.pendingExits()) await finishPending(ctx, id);
}

/** Does nothing where its owner lives, or where somebody heals it at this moment. */
export async function healAbandoned(ctx: ContainerContext, id: string): Promise<void> {
  // Somebody else may be healing it at this moment.
  using lock = ctx.locks.tryAcquire(`container-${id}`);
  if (lock === undefined) return;
  const now = ctx.store.containers.get(id);
  if (now === undefined) return ctx.locks.forget(`container-${id}`);
  if (now.phase === "ready" || ownerLives(ctx, now)) return;
  try {
    await healContainer(ctx, id);
  } catch (error) {
    // That is how it says that it has removed what was half made.
    if (!isEngineError(error, "CONTAINER_NOT_FOUND")) throw error;
  }
}

/** A container has ended and its exit command did not come to note it: it was killed, or is on its way. */
async function finishPending(ctx: ContainerContext, id: string): Promise<void> {
  const record = ctx.store.containers.get(id);
  if (record === undefined || !hasLeftovers(ctx, record)) return ctx.monitor.forgetExit(id);
  await finishUnattended(ctx, id);
}

/** Unless a foreground `run` is about to. */
export async function finishUnattended(ctx: ContainerContext, id: string): Promise<void> {
  using foreground = ctx.foreground.tryAcquire(foregroundLock(id));
  if (foreground !== undefined) await finishRun(ctx, id);
}

async function healRun(ctx: ContainerContext, record: ContainerRecord): Promise<ContainerRecord> {
  const { run, exit } = record.state;
  const id = record.config.id;
  if (run === undefined) return record;
  if (exit !== undefined) {
    if (hasLeftovers(ctx, record)) await cleanUpRun(ctx, record);
    return record;
  }
  const facts = await settledFacts(ctx, record);
  if (facts.alive && !facts.awaitsStart) {
    if (run.startedAt !== 0) {
      if (run.paused !== true || facts.frozen) return record;
      // Killed before it had frozen its processes, or once it had let them go.
      const { paused: _stale, ...awake } = run;
      return withState(ctx, id, (state) => ({ ...state, run: awake }));
    }
    // Its starter died between the start and the note of it.
    ctx.events.write(containerEvent(record.config, "start"));
    return withState(ctx, id, (state) => ({ ...state, run: { ...run, startedAt: ctx.clock.now() } }));
  }
  if (run.startedAt === 0 && facts.exitRecord === undefined) {
    // The lock is ours, so nobody is starting it any more.
    await tearDownRun(ctx, record);
    return withState(ctx, id, (state) => withoutHalfStart(state, ctx.clock.now()));
  }
  const noted = noteExit(ctx, record, facts);
  await cleanUpRun(ctx, noted);
  return noted;
}

/** One by its policy never was: it is still due. */
function withoutHalfStart({ run, ...state }: ContainerState, now: number): ContainerState {
  if (run?.byPolicy !== true || state.backOff === undefined) return state;
  return { ...state, restarts: state.restarts - 1, backOff: { ...state.backOff, restartAt: now } };
}

function withState(
  ctx: ContainerContext,
  id: string,
  change: Parameters<ContainerContext["store"]["containers"]["updateState"]>[1],
): ContainerRecord {
  ctx.store.containers.updateState(id, change);
  const record = ctx.store.containers.get(id);
  if (record === undefined) throw notFound(id);
  return record;
}

function notFound(id: string): EngineError {
  return new EngineError(
    "CONTAINER_NOT_FOUND",
    `no container with name or ID "${id}" found: no such container`,
    {
      details: { input: id },
    },
  );
}
