/** What is to be done about a Job: pure, from what is noted of it and what its pods have come to. */
import type { JobEnd, JobPodState, JobRecord } from "../../ports/job-record.ts";
import { lastStart, mainMembers, type MemberNow, type PodPhase, podPhase } from "./pod-phase.ts";
import type { PodRecord } from "../../ports/pod-record.ts";

export interface JobPod {
  readonly id: string;
  readonly phase: PodPhase;
  /** Milliseconds since 1970; 0 for never. */
  readonly startedAt: number;
  /** Of its containers, by their policy, since it was last started. */
  readonly restarts: number;
}

export interface JobDecision {
  /** Counted before anything else; then the world is looked at again. */
  readonly failed: readonly JobPod[];
  readonly end?: JobEnd;
  readonly start: readonly string[];
  readonly stop: readonly string[];
  readonly remove: boolean;
  /** Milliseconds since 1970 at which time alone changes the decision. */
  readonly due?: number;
}

const NOTHING: JobDecision = { failed: [], start: [], stop: [], remove: false };

const FIRST_BACK_OFF = 10_000;
const LONGEST_BACK_OFF = 360_000;

/** `pods` in the order of their index. */
export function decideJob(job: JobRecord, pods: readonly JobPod[], now: number): JobDecision {
  const { spec, state } = job;
  if (state.end !== undefined) return afterEnd(job, pods, now);
  if (state.startedAt === 0) return NOTHING;
  const failed = pods.filter((pod) => pod.phase === "failed" && pod.startedAt > countedOf(job, pod));
  if (failed.length > 0) return { ...NOTHING, failed };
  const end = endOf(job, pods, now);
  if (end !== undefined) return { ...NOTHING, end };
  const { start, retryAt } = nextStarts(job, pods, now);
  const deadline =
    spec.activeDeadline === undefined ? undefined : state.startedAt + spec.activeDeadline * 1000;
  return { ...NOTHING, start, ...earliest([deadline, retryAt]) };
}

function afterEnd({ spec, state }: JobRecord, pods: readonly JobPod[], now: number): JobDecision {
  const stop = pods.filter(isActive).map(({ id }) => id);
  if (stop.length > 0 || spec.keptFor === undefined || state.end === undefined) return { ...NOTHING, stop };
  const due = state.end.at + spec.keptFor * 1000;
  return due <= now ? { ...NOTHING, remove: true } : { ...NOTHING, due };
}

export function failuresOf(job: JobRecord, pods: readonly JobPod[]): number {
  return pods.reduce((sum, pod) => {
    const counted = job.state.pods[pod.id]?.failures ?? 0;
    // Those of a run that was counted are in the count.
    return sum + counted + (pod.startedAt > countedOf(job, pod) ? pod.restarts : 0);
  }, 0);
}

function endOf(job: JobRecord, pods: readonly JobPod[], now: number): JobEnd | undefined {
  const { spec, state } = job;
  const active = pods.filter(isActive).length;
  const succeeded = pods.filter(({ phase }) => phase === "succeeded").length;
  const enough =
    spec.completions === undefined
      ? succeeded > 0 && active === 0
      : // A pod that was removed by hand will not succeed any more.
        succeeded >= Math.min(spec.completions, pods.length);
  if (enough) return { at: now, complete: true, reason: "", message: "" };
  if (failuresOf(job, pods) > spec.backoffLimit) {
    const message = "Job has reached the specified backoff limit";
    return { at: now, complete: false, reason: "BackoffLimitExceeded", message };
  }
  if (spec.activeDeadline === undefined || now < state.startedAt + spec.activeDeadline * 1000)
    return undefined;
  const message = "Job was active longer than specified deadline";
  return { at: now, complete: false, reason: "DeadlineExceeded", message };
}

function nextStarts(
  { spec, state }: JobRecord,
  pods: readonly JobPod[],
  now: number,
): { readonly start: readonly string[]; readonly retryAt?: number } {
  // Stopped by hand: whoever did that starts it again.
  if (pods.some(({ phase }) => phase === "stopped")) return { start: [] };
  if (spec.completions === undefined && pods.some(({ phase }) => phase === "succeeded")) return { start: [] };
  const candidates = pods.filter(({ phase }) => phase === "failed" || phase === "waiting");
  const retryOf = ({ id }: JobPod): number => state.pods[id]?.retryAt ?? 0;
  const free = spec.parallelism - pods.filter(isActive).length;
  if (free <= 0) return { start: [] };
  // Always the same ones: a pod whose start is under way is chosen again, not another beside it.
  const start = candidates.filter((pod) => retryOf(pod) <= now).slice(0, free);
  const later = candidates.map(retryOf).filter((at) => at > now);
  const ids = start.map(({ id }) => id);
  return start.length < free && later.length > 0
    ? { start: ids, retryAt: Math.min(...later) }
    : { start: ids };
}

function earliest(times: readonly (number | undefined)[]): { readonly due?: number } {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? {} : { due: Math.min(...known) };
}

export function isActive({ phase }: Pick<JobPod, "phase">): boolean {
  return phase === "running" || phase === "restarting";
}

function countedOf({ state }: JobRecord, { id }: JobPod): number {
  return state.pods[id]?.counted ?? 0;
}

/** Of a pod whose run has failed, or (with a message) whose start has. */
export function afterFailure(
  before: JobPodState | undefined,
  { startedAt, restarts }: Pick<JobPod, "startedAt" | "restarts">,
  { now, message = "" }: { readonly now: number; readonly message?: string },
): JobPodState {
  const isNew = startedAt > (before?.counted ?? 0);
  const failures = (before?.failures ?? 0) + 1 + (isNew ? restarts : 0);
  const wait = Math.min(FIRST_BACK_OFF * 2 ** (failures - 1), LONGEST_BACK_OFF);
  return { failures, counted: Math.max(startedAt, before?.counted ?? 0), retryAt: now + wait, message };
}

export function jobPod(pod: PodRecord, members: readonly MemberNow[]): JobPod {
  return {
    id: pod.config.id,
    phase: podPhase(pod, members),
    startedAt: lastStart(members),
    restarts: mainMembers(members).reduce((sum, { record }) => sum + record.state.restarts, 0),
  };
}

/** In the order of their index. */
export function podsOfJob(jobId: string, pods: readonly PodRecord[]): PodRecord[] {
  return pods
    .filter(({ config, phase }) => config.job?.id === jobId && phase !== "removing")
    .sort((a, b) => (a.config.job?.index ?? 0) - (b.config.job?.index ?? 0));
}
