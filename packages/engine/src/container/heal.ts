/** What a changing command does first with an object that it has locked: finishes what a killed command left. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { settledFacts } from "./facts.ts";
import { noteExit } from "./note-exit.ts";
import { deleteContainer } from "./remove.ts";
import { hasLeftovers, tearDownRun } from "./teardown.ts";

/**
 * Call with the container's lock held; gives the record as it is then.
 * @throws CONTAINER_NOT_FOUND when it was removed in the meantime, or half made and now undone
 */
export async function healContainer(ctx: ContainerContext, id: string): Promise<ContainerRecord> {
  const record = ctx.store.containers.get(id);
  if (record === undefined) throw notFound(id);
  if (record.config.infra) return record;
  if (record.phase !== "ready") {
    // A creation holds no lock; a removal does, and the lock is ours.
    if (record.phase === "creating" && ownerLives(ctx, record)) throw notFound(id);
    await deleteContainer(ctx, record, { volumes: true });
    throw notFound(id);
  }
  return healRun(ctx, record);
}

/** Undoes what killed commands left of containers that nobody names: to be called by commands that create. */
export async function healUnfinished(ctx: ContainerContext): Promise<void> {
  for (const record of ctx.store.containers.unfinished()) {
    if (record.config.infra || ownerLives(ctx, record)) continue;
    // Somebody else may be healing it at this moment.
    using lock = ctx.locks.tryAcquire(`container-${record.config.id}`);
    if (lock === undefined) continue;
    const now = ctx.store.containers.get(record.config.id);
    if (now === undefined || now.phase === "ready" || ownerLives(ctx, now)) continue;
    await deleteContainer(ctx, now, { volumes: true });
  }
}

async function healRun(ctx: ContainerContext, record: ContainerRecord): Promise<ContainerRecord> {
  const { run, exit } = record.state;
  const id = record.config.id;
  if (run === undefined) return record;
  if (exit !== undefined) {
    if (hasLeftovers(ctx, record)) await tearDownRun(ctx, record);
    return record;
  }
  const facts = await settledFacts(ctx, record);
  if (facts.alive && !facts.awaitsStart) {
    if (run.startedAt !== 0) return record;
    // Its starter died between the start and the note of it.
    return withState(ctx, id, (state) => ({ ...state, run: { ...run, startedAt: ctx.clock.now() } }));
  }
  if (run.startedAt === 0 && facts.exitRecord === undefined) {
    // The lock is ours, so nobody is starting it any more.
    await tearDownRun(ctx, record);
    return withState(ctx, id, ({ run: _dropped, ...state }) => state);
  }
  const noted = noteExit(ctx, record, facts);
  await tearDownRun(ctx, noted);
  return noted;
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

function ownerLives(ctx: ContainerContext, record: ContainerRecord): boolean {
  return record.owner !== undefined && ctx.processes.isAlive(record.owner);
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
