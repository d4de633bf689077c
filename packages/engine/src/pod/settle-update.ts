/** The note that a running pod is being changed, and what becomes of it when who changed it was killed. */
import type { LimitValue } from "../ports/cgroups.ts";
import type { PodContext } from "./context.ts";
import { publishingSandbox } from "./publishing-sandbox.ts";
import { pinnedSandbox, releaseSandbox } from "./sandbox.ts";

/** Call with the pod's lock held, as all here. `limits` are those to put back. */
export function beginUpdate(ctx: PodContext, id: string, limits: readonly LimitValue[]): void {
  ctx.store.transaction(() => {
    ctx.store.pods.updateState(id, (state) => ({ ...state, updating: { limits } }));
    // A removal marks it without the lock, and finishes what we do.
    if (ctx.store.pods.get(id)?.phase === "ready") ctx.store.pods.setPhase(id, "updating", ctx.self);
  });
}

export function endUpdate(ctx: PodContext, id: string): void {
  ctx.store.transaction(() => {
    ctx.store.pods.updateState(id, ({ updating: _over, ...state }) => state);
    if (ctx.store.pods.get(id)?.phase === "updating") ctx.store.pods.setPhase(id, "ready");
  });
}

/** Takes the lock. Everything on the host becomes what the record says, whichever side of the change that is. */
export async function settleUpdate(ctx: PodContext, id: string): Promise<void> {
  using _lock = await ctx.locks.acquire(`pod-${id}`);
  const record = ctx.store.pods.get(id);
  if (record === undefined) ctx.locks.forget(`pod-${id}`);
  if (record?.phase !== "updating") return;
  if ((await pinnedSandbox(ctx, record)) === undefined) return await releaseSandbox(ctx, record);
  const { cgroups, network } = await ctx.host();
  cgroups.restore(record.config.cgroupPath, record.state.updating?.limits ?? []);
  await network.restorePorts(publishingSandbox(ctx, record, { up: true }));
  endUpdate(ctx, id);
}
