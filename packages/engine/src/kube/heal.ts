/** Takes back what killed plays left. */
import type { PlayRecord } from "../ports/play-record.ts";
import type { TakeBackContext } from "./context.ts";
import { takeBack } from "./take-back.ts";

/** Those of `plays` whose process is gone. What cannot be taken back is told and tried again by the next command. */
export async function healPlays(ctx: TakeBackContext, plays: readonly PlayRecord[]): Promise<void> {
  for (const play of plays) {
    if (!ctx.processes.isAlive(play.owner)) await healPlay(ctx, play.id);
  }
}

async function healPlay(ctx: TakeBackContext, id: string): Promise<void> {
  const lock = `play-${id}`;
  // Waits for another command that is at it: what comes next may need the names.
  using _lock = await ctx.locks.acquire(lock);
  const play = ctx.store.plays.list().find((record) => record.id === id);
  if (play === undefined) return ctx.locks.forget(lock);
  // Containers that were half made when it was killed go first: their pod does not list them.
  const none = { force: true, ignore: true, volumes: true, depend: true };
  await (await ctx.containers()).remove({ names: [], all: false }, none);
  const failures = await takeBack(ctx, play.made);
  for (const failure of failures) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    ctx.log.warn(`cannot take back all that a killed kube play left: ${reason}`);
  }
  if (failures.length > 0) return;
  ctx.store.plays.remove(id);
  ctx.locks.forget(lock);
}
