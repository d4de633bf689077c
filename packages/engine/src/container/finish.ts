/** Ends a run that is over: notes its exit, tears it down, removes the container when that was asked for. */
import type { InitKind } from "@podwright/spec/engine-api/containers";
import type { ContainerExit, ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { settledFacts } from "./facts.ts";
import { noteExit } from "./note-exit.ts";
import { deleteContainer } from "./delete.ts";
import { hasLeftovers, cleanUpRun } from "./teardown.ts";
import { isRestartDue } from "./restart-due.ts";

/**
 * Safe at any moment and by anybody: a run that lives, or that somebody else has finished, is left alone.
 * Gives the exit, undefined when the container lives, never ran or is gone.
 */
export async function finishRun(ctx: ContainerContext, id: string): Promise<ContainerExit | undefined> {
  const finished = await finishLocked(ctx, id);
  // The pod's lock comes before the container's: never with the latter held.
  if (finished?.ended === true && finished.podId !== "") {
    await ctx.sandboxes.memberExited(finished.podId, finished.role);
  }
  return finished?.exit;
}

interface Finished {
  readonly exit: ContainerExit | undefined;
  readonly podId: string;
  readonly role?: InitKind;
  /** It was this call that noted the end. */
  readonly ended: boolean;
}

async function finishLocked(ctx: ContainerContext, id: string): Promise<Finished | undefined> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const record = ctx.store.containers.get(id);
  if (record === undefined || isBeingMadeOrRemoved(record) || record.config.infra) {
    if (record === undefined) ctx.locks.forget(`container-${id}`);
    return undefined;
  }
  const { podId, autoRemove, initContainer: role } = record.config;
  const { run, exit } = record.state;
  if (run === undefined) return undefined;
  const facts = await settledFacts(ctx, record);
  // A run without a start is a start under way that failed: its starter undoes it, or the next command.
  if (facts.alive || (run.startedAt === 0 && facts.exitRecord === undefined)) return undefined;
  const noted = exit === undefined ? noteExit(ctx, record, facts) : record;
  if (autoRemove && !isRestartDue(noted.state)) await deleteContainer(ctx, noted, { volumes: true });
  else if (hasLeftovers(ctx, noted)) await cleanUpRun(ctx, noted);
  // The lock is ours: who was starting it is dead.
  if (record.phase === "starting" || record.phase === "updating") ctx.store.containers.setPhase(id, "ready");
  return {
    exit: noted.state.exit,
    podId,
    ...(role === undefined ? {} : { role }),
    ended: exit === undefined,
  };
}

function isBeingMadeOrRemoved({ phase }: ContainerRecord): boolean {
  return phase === "creating" || phase === "removing";
}
