/** A Job object: how many pods it makes, how often it tries. */
import type { Job } from "@podwright/spec/kube/types";
import type { JobSpec } from "../../ports/job-record.ts";
import type { ManifestObject } from "../manifest.ts";
import type { PlannedJob, PlannedPod, PlayPlan } from "../play-plan.ts";
import type { PodScope } from "./scope.ts";

/** Kubernetes' default. */
const BACKOFF_LIMIT = 6;

/** Pods of the Job; 1 for any other object that makes pods. */
export function podCount(object: ManifestObject): number {
  if (object.kind !== "Job") return 1;
  const { completions, parallelism } = planJobSpec(object);
  return completions ?? Math.max(parallelism, 1);
}

export function planJobSpec({ data }: Pick<ManifestObject, "data">): JobSpec {
  const { spec } = data as unknown as Job;
  const { completions, parallelism = 1, backoffLimit = BACKOFF_LIMIT } = spec ?? {};
  const { activeDeadlineSeconds, ttlSecondsAfterFinished, suspend = false } = spec ?? {};
  // Without both there is one pod; with parallelism alone its pods share the work, and know when it is done.
  const needed = completions ?? (spec?.parallelism === undefined ? 1 : undefined);
  return {
    ...(needed === undefined ? {} : { completions: needed }),
    parallelism,
    backoffLimit,
    ...(activeDeadlineSeconds === undefined ? {} : { activeDeadline: activeDeadlineSeconds }),
    ...(ttlSecondsAfterFinished === undefined ? {} : { keptFor: ttlSecondsAfterFinished }),
    suspended: suspend,
  };
}

/** One for each Job that has pods. */
export function planJobs(scopes: readonly PodScope[]): PlannedJob[] {
  const jobs = new Map<string, PlannedJob>();
  for (const { workload } of scopes) {
    const { job, object } = workload;
    if (job === undefined || jobs.has(job.id)) continue;
    jobs.set(job.id, { id: job.id, name: object.name, spec: planJobSpec(object) });
  }
  return [...jobs.values()];
}

/** Of a Job, as many as may run at a time: the others have their turn when those have ended. */
export function startedPods({ pods, jobs }: Pick<PlayPlan, "pods" | "jobs">): PlannedPod[] {
  const specs = new Map(jobs.map(({ id, spec }) => [id, spec]));
  return pods.filter(({ request: { job } }) => {
    const spec = job === undefined ? undefined : specs.get(job.id);
    return job === undefined || spec === undefined || (!spec.suspended && job.index < spec.parallelism);
  });
}
