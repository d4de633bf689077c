/** `pod prune`: removes pods that have ended, with their containers. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { isBackToLife } from "../container/prune.ts";
import type { PodContext } from "./context.ts";
import { removePods } from "./remove.ts";
import { isRestartDue } from "../container/restart-due.ts";

/** A pod that never ran stays. @throws VALUE_INVALID for a filter that is none */
export async function prunePods(ctx: PodContext, filters: Filters): Promise<PodOutcome[]> {
  const ended = (await ctx.list(filters)).filter(({ status }) => status === "Exited" || status === "Stopped");
  const ids = ended.map(({ id }) => id).filter((id) => !comesBack(ctx, id));
  const outcomes = await removePods(ctx, ids, { force: false, ignore: true });
  return outcomes.filter(({ error }) => !isBackToLife(error));
}

/** One of its containers waits to be restarted. */
function comesBack(ctx: PodContext, podId: string): boolean {
  return ctx.store.containers.list({ podId }).some(({ state }) => isRestartDue(state));
}
