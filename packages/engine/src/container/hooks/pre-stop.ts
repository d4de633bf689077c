/** `preStop`: runs before the stop signal, in the time that the stop has. */
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { waitForEnd } from "../wait-end.ts";
import { runAction } from "./run-action.ts";

/** Milliseconds that are left for the signal, however long the hook took; Kubernetes' number. */
const LEAST_LEFT = 2000;

/** Gives what is left of the time, in milliseconds. A hook that fails does not keep the container. */
export async function runPreStop(
  ctx: ContainerContext,
  record: ContainerRecord,
  patience: number,
): Promise<number> {
  const action = record.config.lifecycle?.preStop;
  if (action === undefined || patience <= 0) return patience;
  const started = performance.now();
  // The container may end by itself meanwhile, or because the hook tells it to.
  const over = new AbortController();
  const hook = runAction(ctx, record, { action, timeout: patience, signal: over.signal });
  const end = waitForEnd(ctx, record, over.signal);
  const failure = await Promise.race([hook, end.then(() => undefined)]);
  over.abort();
  await Promise.allSettled([hook, end]);
  if (failure !== undefined) {
    ctx.log.warn(`preStop hook of container ${record.config.name} failed: ${failure}`);
  }
  const left = patience - (performance.now() - started);
  return Math.max(left, Math.min(patience, LEAST_LEFT));
}
