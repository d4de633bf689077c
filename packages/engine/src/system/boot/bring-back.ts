/** `system boot`: starts again what ran before the machine went down and whose policy asks for that. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import type { PodVerbs } from "../../pod/pods-api.ts";
import { comesBack } from "../../container/boot-policy.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { Store } from "../../ports/store.ts";

export interface BootContext {
  readonly store: Pick<Store, "containers">;
  readonly bootId: string;
  readonly containers: () => Promise<Pick<ContainersApi, "start">>;
  readonly pods: () => Promise<Pick<PodVerbs, "start">>;
  /** A start has failed: its policy tries it again. */
  readonly retry: (containerId: string, error: Error) => Promise<void>;
  /** Restarts that were due when the machine went down are due now. */
  readonly wake: () => void;
}

/** In order of creation; what a container depends on, and its pod, come first. One that fails keeps no other. */
export async function bootSystem(ctx: BootContext): Promise<Outcome[]> {
  const records = ctx.store.containers.list().filter(({ config }) => !config.infra);
  const returning = records.filter((record) => !isPassing(record) && comesBack(record, ctx.bootId));
  const wholePods = new Set(podsThatReturn(records, returning));
  const outcomes: Outcome[] = [];
  for (const podId of wholePods) outcomes.push(...(await startPod(ctx, podId, returning)));
  for (const { config } of returning) {
    if (wholePods.has(config.podId)) continue;
    outcomes.push(await startContainer(ctx, config));
  }
  ctx.wake();
  return outcomes;
}

/** It goes along when its pod is started. */
function isPassing({ config: { initContainer } }: ContainerRecord): boolean {
  return initContainer === "once" || initContainer === "always";
}

/** Those all of whose members return: started as a whole, their init containers run first, as at any start. */
function podsThatReturn(
  records: readonly ContainerRecord[],
  returning: readonly ContainerRecord[],
): string[] {
  const members = Map.groupBy(
    records.filter((record) => record.config.podId !== "" && !isPassing(record)),
    ({ config }) => config.podId,
  );
  return [...members]
    .filter(([, pod]) => pod.every((record) => returning.includes(record)))
    .map(([id]) => id);
}

async function startPod(
  ctx: BootContext,
  podId: string,
  returning: readonly ContainerRecord[],
): Promise<Outcome[]> {
  const pods = await ctx.pods();
  const members = returning.filter(({ config }) => config.podId === podId).map(({ config }) => config);
  const [outcome] = await pods.start({ names: [podId], all: false });
  const { error, memberErrors = [] } = outcome ?? {};
  const failed = new Map(memberErrors.map((failure) => [failure.id, failure.error]));
  return Promise.all(
    members.map(async ({ id }) => {
      // Without a failure of its own a member went down with its pod: its sandbox, an init container.
      const failure = failed.get(id) ?? (failed.size > 0 ? undefined : error);
      if (failure === undefined) return { input: id, id };
      await ctx.retry(id, failure);
      return { input: id, id, error: failure };
    }),
  );
}

async function startContainer(ctx: BootContext, { id }: { readonly id: string }): Promise<Outcome> {
  const containers = await ctx.containers();
  const [outcome = { input: id, id }] = await containers.start({ names: [id], all: false });
  if (outcome.error !== undefined) await ctx.retry(id, outcome.error);
  return outcome;
}
