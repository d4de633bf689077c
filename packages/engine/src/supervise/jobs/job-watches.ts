/** Watches over Jobs: starts the next pods, counts failures, ends what is over its limits. */
import {
  afterFailure,
  decideJob,
  type JobDecision,
  type JobPod,
  jobPod,
  podsOfJob,
} from "../../pod/jobs/decide-job.ts";
import { lastStart, type MemberNow } from "../../pod/jobs/pod-phase.ts";
import type { JobRecord, JobStore } from "../../ports/job-record.ts";
import type { SuperviseContext } from "../context.ts";
import type { Watch, WatchMaker } from "../watch.ts";
import { throwFirst } from "../../base/outcomes.ts";

interface Context extends Pick<SuperviseContext, "clock" | "pod"> {
  readonly jobs: JobStore;
}

export function jobWatches(ctx: Context): WatchMaker {
  return {
    watches(world) {
      const watches = new Map<string, Watch>();
      const jobs = world.pods.some(({ config }) => config.job !== undefined) ? ctx.jobs.list() : [];
      const members = jobs.length === 0 ? new Map<string, MemberNow[]>() : byPod(world.containers);
      for (const job of jobs) {
        const pods = podsOfJob(job.id, world.pods).map((pod) =>
          jobPod(pod, members.get(pod.config.id) ?? []),
        );
        if (pods.length === 0) continue;
        add(watches, ctx, { job, pods });
      }
      return watches;
    },
  };
}

function byPod(containers: readonly MemberNow[]): Map<string, MemberNow[]> {
  return Map.groupBy(containers, ({ record }) => record.config.podId);
}

/** A pod's start is an act of its own: its init containers may take their time. */
function add(
  watches: Map<string, Watch>,
  ctx: Context,
  { job, pods }: { readonly job: JobRecord; readonly pods: readonly JobPod[] },
): void {
  const now = ctx.clock.now();
  const decision = decideJob(job, pods, now);
  const { due } = decision;
  for (const id of decision.start) {
    const startedAt = pods.find((pod) => pod.id === id)?.startedAt ?? 0;
    watches.set(`job ${job.id} start ${id}`, {
      due: () => now,
      act: () => startPod(ctx, job, { id, startedAt }),
    });
  }
  const acts = decision.failed.length > 0 || decision.end !== undefined || decision.remove;
  if (acts) watches.set(`job ${job.id}`, { due: () => now, act: () => change(ctx, job, decision) });
  // What the decision is then, is decided then: an act is what makes the supervisor look again.
  else if (due !== undefined)
    watches.set(`job ${job.id} until ${due}`, { due: () => due, act: async () => {} });
  for (const id of decision.stop) {
    watches.set(`job ${job.id} stop ${id}`, { due: () => now, act: () => stopPod(ctx, job, id) });
  }
}

async function change(ctx: Context, job: JobRecord, decision: JobDecision): Promise<void> {
  const now = ctx.clock.now();
  if (decision.remove) return removePods(ctx, job);
  ctx.jobs.updateState(job.id, (state) => {
    if (state.end !== undefined || state.startedAt !== job.state.startedAt) return state;
    const pods = { ...state.pods };
    for (const pod of decision.failed) {
      if (pod.startedAt > (pods[pod.id]?.counted ?? 0))
        pods[pod.id] = afterFailure(pods[pod.id], pod, { now });
    }
    return { ...state, pods, ...(decision.end === undefined ? {} : { end: decision.end }) };
  });
}

/**
 * Who plays a Job starts its first pods, and we may have looked before they ran: by our turn one may have come to
 * its end already, and must not be run once more.
 */
async function startPod(
  ctx: Context,
  { id, state }: JobRecord,
  { id: podId, startedAt }: Pick<JobPod, "id" | "startedAt">,
): Promise<void> {
  const job = ctx.jobs.get(id);
  if (job === undefined || job.state.end !== undefined || job.state.startedAt !== state.startedAt) return;
  const pod = await ctx.pod();
  const record = pod.store.pods.get(podId);
  if (record === undefined) return;
  const { startPods } = await import("../../pod/start.ts");
  const stillWanted = (): boolean =>
    lastStart(pod.store.containers.list({ podId }).map((member) => ({ record: member }))) === startedAt;
  const [outcome] = await startPods(pod, { names: [podId], all: false }, { stillWanted });
  if (outcome?.error === undefined) return;
  const { message } = outcome.error;
  const now = ctx.clock.now();
  ctx.jobs.updateState(id, (before) => {
    const counted = before.pods[podId]?.counted ?? 0;
    const failed = afterFailure(before.pods[podId], { startedAt: counted, restarts: 0 }, { now, message });
    return { ...before, pods: { ...before.pods, [podId]: failed } };
  });
}

async function stopPod(ctx: Context, { id }: JobRecord, podId: string): Promise<void> {
  // Somebody has begun it anew.
  if (ctx.jobs.get(id)?.state.end === undefined) return;
  const { stopPods } = await import("../../pod/stop.ts");
  const [outcome] = await stopPods(await ctx.pod(), { names: [podId], all: false }, { ignore: true });
  if (outcome?.error !== undefined) throw outcome.error;
}

async function removePods(ctx: Context, { id }: JobRecord): Promise<void> {
  const pod = await ctx.pod();
  const names = podsOfJob(id, pod.store.pods.list()).map(({ config }) => config.id);
  const { removePods: remove } = await import("../../pod/remove.ts");
  const outcomes = await remove(pod, names, { force: true, ignore: true });
  throwFirst(outcomes);
}
