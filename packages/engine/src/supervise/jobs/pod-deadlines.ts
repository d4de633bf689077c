/** Watches over pods that may run for so long and no longer (activeDeadlineSeconds). */
import { type MemberNow, podPhase } from "../../pod/jobs/pod-phase.ts";
import type { PodRecord } from "../../ports/pod-record.ts";
import type { SuperviseContext } from "../context.ts";
import type { Watch, WatchMaker } from "../watch.ts";

const REASON = "DeadlineExceeded";
const MESSAGE = "Pod was active on the node longer than the specified deadline";

export function deadlineWatches(ctx: Pick<SuperviseContext, "pod">): WatchMaker {
  return {
    watches(world, previous) {
      const watches = new Map<string, Watch>();
      for (const pod of world.pods) {
        const at = deadlineOf(pod);
        if (at === undefined) continue;
        const { id } = pod.config;
        const members: MemberNow[] = world.containers.filter(({ record }) => record.config.podId === id);
        const phase = podPhase(pod, members);
        // With its sandbox up, one that waits is being started: its init containers have that time, too.
        if (phase === "succeeded" || phase === "failed" || phase === "stopped") continue;
        const key = `deadline ${id} ${at}`;
        watches.set(key, previous.get(key) ?? { due: () => at, act: () => endPod(ctx, id) });
      }
      return watches;
    },
  };
}

/** Milliseconds since 1970; undefined for a pod without one, or that is down. */
function deadlineOf({ config, state, phase }: PodRecord): number | undefined {
  if (config.activeDeadline === undefined || state.sandbox === undefined || phase === "removing")
    return undefined;
  return state.sandbox.startedAt + config.activeDeadline * 1000;
}

/** The reason first: whoever is killed in between finds the pod still there, and comes here again. */
async function endPod(ctx: Pick<SuperviseContext, "pod">, id: string): Promise<void> {
  const pod = await ctx.pod();
  pod.store.pods.updateState(id, (state) => ({ ...state, ended: { reason: REASON, message: MESSAGE } }));
  const { stopPods } = await import("../../pod/stop.ts");
  const [outcome] = await stopPods(pod, { names: [id], all: false }, { ignore: true });
  if (outcome?.error !== undefined) throw outcome.error;
}
