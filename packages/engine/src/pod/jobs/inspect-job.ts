/** A Job as `pod inspect` shows it. */
import type { InspectPodJob } from "@podwright/spec/libpod-api/inspect-pod";
import { rfc3339Nano } from "../../base/go-time.ts";
import { statusNow } from "../../container/status-now.ts";
import type { JobRecord, JobState } from "../../ports/job-record.ts";
import type { PodViewContext } from "../view-context.ts";
import { failuresOf, isActive, jobPod, podsOfJob } from "./decide-job.ts";

export function inspectJob(ctx: PodViewContext, job: JobRecord): InspectPodJob {
  const { spec, state } = job;
  const pods = podsOfJob(job.id, ctx.store.pods.list()).map((pod) => {
    const records = ctx.store.containers.list({ podId: pod.config.id });
    const members = records.map((record) => ({ record, status: statusNow(ctx, record, pod).status }));
    return jobPod(pod, members);
  });
  return {
    Name: job.name,
    Status: statusOf(state),
    ...(state.end === undefined || state.end.complete
      ? {}
      : { Reason: state.end.reason, Message: state.end.message }),
    ...(spec.completions === undefined ? {} : { Completions: spec.completions }),
    Parallelism: spec.parallelism,
    BackoffLimit: spec.backoffLimit,
    ...(spec.activeDeadline === undefined ? {} : { ActiveDeadlineSeconds: spec.activeDeadline }),
    Active: pods.filter(isActive).length,
    Succeeded: pods.filter(({ phase }) => phase === "succeeded").length,
    Failed: failuresOf(job, pods),
    ...(state.startedAt === 0 ? {} : { StartTime: rfc3339Nano(state.startedAt) }),
    ...(state.end === undefined ? {} : { CompletionTime: rfc3339Nano(state.end.at) }),
  };
}

function statusOf({ startedAt, end }: JobState): InspectPodJob["Status"] {
  if (end !== undefined) return end.complete ? "Complete" : "Failed";
  return startedAt === 0 ? "Suspended" : "Active";
}
