/** Waits until the process of a run is gone, whoever records it. */
import { sleep } from "../base/sleep.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";

const PAUSE = 20;

/** False when the signal was aborted first. Never hangs on a monitor that was killed. */
export async function waitForEnd(
  ctx: Pick<ContainerContext, "monitor" | "processes">,
  record: ContainerRecord,
  signal?: AbortSignal,
): Promise<boolean> {
  const { run } = record.state;
  if (run?.pid === undefined) return true;
  const exit = await ctx.monitor.waitExit(record.config.id, run.monitor, signal);
  if (exit !== undefined) return true;
  // No record will come: the container may outlive its monitor, so the process itself is watched.
  while (ctx.processes.isAlive(run.pid)) {
    if (signal?.aborted === true) return false;
    await sleep(PAUSE, signal);
  }
  return true;
}

export async function waitForEndWithin(
  ctx: Pick<ContainerContext, "monitor" | "processes">,
  record: ContainerRecord,
  milliseconds: number,
): Promise<boolean> {
  return waitForEnd(ctx, record, AbortSignal.timeout(milliseconds));
}
