/** `pod pause`: all members that run stand still. */
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { PodContext } from "./context.ts";
import { podEvent } from "./pod-event.ts";
import { collectMemberErrors, firstError, forEachPod, membersOf } from "./select.ts";

/** A pod without a running member has nothing to pause, which is no error. */
export function pausePods(ctx: PodContext, selection: Selection): Promise<PodOutcome[]> {
  return forEachPod(ctx, selection, async ({ config }) => {
    const { id } = config;
    const running = (await membersOf(ctx, id)).filter(({ status }) => status === "running");
    const memberErrors = await onMembers(ctx, running, "pause");
    ctx.events.write(podEvent(config, "pause"));
    return { id, memberErrors, ...firstError(memberErrors) };
  });
}

/** What has ended since we looked is passed over. */
export async function onMembers(
  ctx: PodContext,
  members: readonly { readonly id: string }[],
  verb: "pause" | "unpause",
): Promise<{ id: string; error: Error }[]> {
  if (members.length === 0) return [];
  const containers = await ctx.containers();
  const outcomes = await containers[verb]({ names: members.map(({ id }) => id), all: false });
  return collectMemberErrors(
    outcomes.filter(({ error }) => !isEngineError(error, "CONTAINER_STATE_IMPROPER", "CONTAINER_NOT_FOUND")),
  );
}
