/** `pod unpause`: all members that are paused go on. */
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import type { PodContext } from "./context.ts";
import { onMembers } from "./pause.ts";
import { podEvent } from "./pod-event.ts";
import { firstError, forEachPod, membersOf } from "./select.ts";

/** As in Podman a pod with nothing paused in it is passed over: no outcome, no event. */
export async function unpausePods(ctx: PodContext, selection: Selection): Promise<PodOutcome[]> {
  const untouched = new Set<string>();
  const outcomes = await forEachPod(ctx, selection, async ({ config }) => {
    const { id } = config;
    const paused = (await membersOf(ctx, id)).filter(({ status }) => status === "paused");
    if (paused.length === 0) untouched.add(id);
    else ctx.events.write(podEvent(config, "unpause"));
    const memberErrors = await onMembers(ctx, paused, "unpause");
    return { id, memberErrors, ...firstError(memberErrors) };
  });
  return outcomes.filter(({ id }) => id === undefined || !untouched.has(id));
}
