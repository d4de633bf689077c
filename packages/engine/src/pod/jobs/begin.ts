/** A start of a pod, for the Job that it is one of and for its own deadline. */
import type { PodRecord } from "../../ports/pod-record.ts";
import type { PodContext } from "../context.ts";

/** Before its containers are started. Of a Job that has ended, a start by hand is a new beginning. */
export function beginTimed(ctx: PodContext, { config }: PodRecord): void {
  ctx.store.transaction(() => {
    ctx.store.pods.updateState(config.id, ({ ended: _former, ...state }) => state);
    if (config.job === undefined) return;
    ctx.store.jobs.updateState(config.job.id, (state) =>
      state.startedAt !== 0 && state.end === undefined ? state : { startedAt: ctx.clock.now(), pods: {} },
    );
  });
}

/** Somebody has to be awake for it: when it ends, or after a while. */
export function isTimed({ config }: Pick<PodRecord, "config">): boolean {
  return config.job !== undefined || config.activeDeadline !== undefined;
}
