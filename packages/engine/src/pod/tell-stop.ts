/** The event of a pod's stop: before those of its members, and once, whether it was asked for or comes by its exit policy. */
import type { PodContext } from "./context.ts";
import { podEvent } from "./pod-event.ts";

/** A pod that is down already has nothing to tell. */
export function tellStop(ctx: Pick<PodContext, "events" | "store">, podId: string): void {
  let isFirst = false;
  const state = ctx.store.pods.updateState(podId, (now) => {
    isFirst = now.sandbox !== undefined && now.sandbox.stopTold !== true;
    return now.sandbox === undefined ? now : { ...now, sandbox: { ...now.sandbox, stopTold: true } };
  });
  const config = ctx.store.pods.get(podId)?.config;
  if (isFirst && state !== undefined && config !== undefined) ctx.events.write(podEvent(config, "stop"));
}
