/** PodsApi: the pod verbs composed. */
import type { Selection, StopOptions } from "@podwright/spec/engine-api/containers";
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import type {
  PodLogsOptions,
  PodMember,
  PodOutcome,
  PodRequest,
  PodsApi,
} from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PodContext } from "./context.ts";
import type { RemovePodsOptions } from "./remove.ts";

/** The verbs that only look are the views', wired beside these. */
export type PodVerbs = Omit<PodsApi, "list" | "inspect">;

export function podVerbs(ctx: PodContext): PodVerbs {
  return {
    create: async (request: PodRequest) => (await import("./create.ts")).createPod(ctx, request),
    async exists(nameOrId: string): Promise<boolean> {
      try {
        ctx.store.pods.find(nameOrId);
        return true;
      } catch (error) {
        if (error instanceof EngineError && error.code === "POD_NOT_FOUND") return false;
        throw error;
      }
    },
    start: async (selection: Selection) => (await import("./start.ts")).startPods(ctx, selection),
    stop: async (selection: Selection, options: StopOptions) =>
      (await import("./stop.ts")).stopPods(ctx, selection, options),
    restart: async (selection: Selection) => (await import("./stop.ts")).restartPods(ctx, selection),
    kill: async (selection: Selection, signal: string) =>
      (await import("./stop.ts")).killPods(ctx, selection, signal),
    async remove(selection: Selection, options: RemovePodsOptions): Promise<PodOutcome[]> {
      const { removePods } = await import("./remove.ts");
      const names = selection.all ? ctx.store.pods.list().map((pod) => pod.config.id) : selection.names;
      return removePods(ctx, names, options);
    },
    logs: (nameOrId: string, options: PodLogsOptions, signal?: AbortSignal) =>
      podLogs(ctx, nameOrId, { ...options, ...(signal === undefined ? {} : { signal }) }),
    pause: async (selection) => (await import("./pause.ts")).pausePods(ctx, selection),
    unpause: async (selection) => (await import("./unpause.ts")).unpausePods(ctx, selection),
    prune: async (filters) => (await import("./prune.ts")).prunePods(ctx, filters),
    clone: async (...args) => (await import("./clone.ts")).clonePod(ctx, ...args),
    update: async (...args) => (await import("./update.ts")).updatePod(ctx, ...args),
    wait: async (names, options, signal) =>
      (await import("./wait.ts")).waitForPods(ctx, names, {
        ...options,
        ...(signal === undefined ? {} : { signal }),
      }),
    members: (nameOrId: string) => podMembers(ctx, nameOrId),
  };
}

async function podMembers(ctx: PodContext, nameOrId: string): Promise<PodMember[]> {
  const { id } = ctx.store.pods.find(nameOrId).config;
  const { membersOf } = await import("./select.ts");
  const members = await membersOf(ctx, id);
  return members.map(({ id: memberId, name, status, isInfra, restarts, ready }) => ({
    id: memberId,
    name,
    status,
    isInfra,
    restarts,
    ready,
  }));
}

async function* podLogs(
  ctx: PodContext,
  nameOrId: string,
  { container, signal, ...options }: PodLogsOptions & { readonly signal?: AbortSignal },
): AsyncGenerator<LogBatch> {
  const members = await podMembers(ctx, nameOrId);
  const chosen =
    container === undefined
      ? members
      : members.filter((member) => member.name === container || member.id.startsWith(container));
  if (container !== undefined && chosen.length === 0) {
    throw new EngineError(
      "CONTAINER_NOT_FOUND",
      `container ${container} is not in pod ${nameOrId}: no such container`,
    );
  }
  if (chosen.length === 0) return;
  const containers = await ctx.containers();
  yield* containers.logs(
    chosen.map((member) => member.id),
    options,
    signal,
  );
}
