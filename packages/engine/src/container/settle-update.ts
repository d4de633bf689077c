/** The note that a running container is being changed, and what becomes of it when who changed it was killed. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { LimitValue } from "../ports/cgroups.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PublishingSandbox } from "../ports/sandbox-network.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { hasProcess } from "./lifecycle.ts";
import { ownsNetwork } from "./own-network.ts";
import { placesOf } from "./places.ts";

/** Call with the container's lock held, as all here. `limits` are those to put back. */
export function beginUpdate(ctx: ContainerContext, id: string, limits: readonly LimitValue[]): void {
  ctx.store.transaction(() => {
    ctx.store.containers.updateState(id, (state) => ({ ...state, updating: { limits } }));
    ctx.store.containers.setPhase(id, "updating", ctx.processes.identify(process.pid));
  });
}

export function endUpdate(ctx: ContainerContext, id: string): void {
  ctx.store.transaction(() => {
    ctx.store.containers.updateState(id, ({ updating: _over, ...state }) => state);
    if (ctx.store.containers.get(id)?.phase === "updating") ctx.store.containers.setPhase(id, "ready");
  });
}

/** Everything on the host becomes what the record says, whichever side of the change that is. */
export async function settleUpdate(ctx: ContainerContext, record: ContainerRecord): Promise<ContainerRecord> {
  const { id } = record.config;
  if (hasProcess(statusOf(ctx, record))) {
    const { cgroup } = placesOf(ctx.settings, record.config);
    ctx.cgroups.restore(cgroup, record.state.updating?.limits ?? []);
    if (ownsNetwork(record.config)) {
      await ctx.network.changing.restorePorts(publishingContainer(ctx, record, { up: true }));
    }
  }
  endUpdate(ctx, id);
  const settled = ctx.store.containers.get(id);
  if (settled !== undefined) return settled;
  throw new EngineError(
    "CONTAINER_NOT_FOUND",
    `no container with name or ID "${id}" found: no such container`,
  );
}

/** Ports are those that are bound; of a container that does not run, those that it asks for. */
export function publishingContainer(
  ctx: ContainerContext,
  { config, state }: ContainerRecord,
  { up }: { readonly up: boolean },
): PublishingSandbox {
  const { run } = state;
  const interfaces = up ? (run?.interfaces ?? []) : [];
  const { monitor } = run ?? {};
  return {
    owner: config.id,
    ownerName: `container ${config.name}`,
    interfaces,
    ports: interfaces.length > 0 ? (run?.ports ?? []) : config.network.ports,
    monitors: () => (monitor !== undefined && ctx.processes.isAlive(monitor) ? [monitor.pid] : []),
  };
}
