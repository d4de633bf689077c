/** Whether a Job still has something to do with a pod that does not run. */
import type { PodRecord } from "../../ports/pod-record.ts";
import type { Store } from "../../ports/store.ts";

/** Its turn is to come, or it is tried again. */
export function isPodPending(store: Pick<Store, "jobs" | "containers">, { config }: PodRecord): boolean {
  if (config.job === undefined) return false;
  const job = store.jobs.get(config.job.id);
  if (job === undefined || job.state.end !== undefined || job.state.startedAt === 0) return false;
  const main = store.containers
    .list({ podId: config.id })
    .filter((record) => !record.config.infra && record.config.initContainer === undefined);
  return !main.every(({ state }) => state.exit?.exitCode === 0);
}
