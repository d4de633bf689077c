/** What the pods of a workload are called. */
import type { JobStore } from "../ports/job-record.ts";
import type { PodStore } from "../ports/store.ts";
import type { ManifestObject } from "./manifest.ts";
import { podCount } from "./plan/jobs.ts";

const TEMPLATED: readonly string[] = ["Deployment", "DaemonSet", "Job"];

/** None for objects that are no workload. */
export function podNamesOf(object: ManifestObject): string[] {
  const { kind, name } = object;
  if (kind === "Pod") return [name];
  if (!TEMPLATED.includes(kind)) return [];
  const count = podCount(object);
  if (count === 1) return [`${name}-pod`];
  return Array.from({ length: count }, (_, index) => `${name}-pod-${index}`);
}

/** With those that an earlier play of a Job of that name made, which may be more. */
export function podNamesEver(
  store: { readonly pods: Pick<PodStore, "list">; readonly jobs: Pick<JobStore, "list"> },
  object: ManifestObject,
): string[] {
  const names = podNamesOf(object);
  if (object.kind !== "Job") return names;
  const jobs = new Set(
    store.jobs
      .list()
      .filter(({ name }) => name === object.name)
      .map(({ id }) => id),
  );
  if (jobs.size === 0) return names;
  const made = store.pods.list().filter(({ config }) => config.job !== undefined && jobs.has(config.job.id));
  return [...new Set([...names, ...made.map(({ config }) => config.name)])];
}
