/** `update`: limits, restart policy, health checks, environment and ports of a container; all of it or nothing. */
import type { Updated } from "@podwright/spec/engine-api/common";
import type { ContainerChange } from "@podwright/spec/engine-api/container-changes";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { applyPlan, type Step } from "../base/plan.ts";
import type { ContainerConfig, ContainerRecord } from "../ports/container-record.ts";
import type { PortChange, PublishingSandbox } from "../ports/sandbox-network.ts";
import { changedLimits, type ChangedLimits } from "./changed-limits.ts";
import { changedEnv } from "./changed-env.ts";
import { changedHealth } from "./changed-health.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { healContainer } from "./heal.ts";
import { hasProcess } from "./lifecycle.ts";
import { ownsNetwork } from "./own-network.ts";
import { placesOf } from "./places.ts";
import { namedContainer } from "./select.ts";
import { beginUpdate, endUpdate, publishingContainer } from "./settle-update.ts";

/** @throws CONTAINER_NOT_FOUND, CONTAINER_INVALID, PORT_IN_USE, …, HOST_CALL_FAILED for a limit the kernel refuses */
export async function updateContainer(
  ctx: ContainerContext,
  nameOrId: string,
  change: ContainerChange,
): Promise<Updated> {
  const { id } = namedContainer(ctx, nameOrId).config;
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const plan = await planUpdate(ctx, await healContainer(ctx, id), change);
  const title = `update container ${id}`;
  const steps = plan.up && plan.changesHost ? liveSteps(ctx, plan) : [noteStep(ctx, plan)];
  await applyPlan(steps, { title, log: ctx.log });
  ctx.events.write(containerEvent(plan.config, "update"));
  if (change.health !== undefined || change.restart !== undefined) ctx.supervisor.wake();
  return { id, chosen: plan.ports.add.filter((port) => port.chosen === true) };
}

interface Plan {
  readonly record: ContainerRecord;
  readonly up: boolean;
  readonly changesHost: boolean;
  readonly config: ContainerConfig;
  readonly limits: ChangedLimits;
  readonly sandbox: PublishingSandbox;
  readonly ports: PortChange;
}

/** Everything is checked here; nothing has changed yet. */
async function planUpdate(
  ctx: ContainerContext,
  record: ContainerRecord,
  change: ContainerChange,
): Promise<Plan> {
  const { config } = record;
  if (config.infra) {
    throw new EngineError("CONTAINER_INVALID", `container ${config.id} is a pod's infra container`, {
      hint: "pod update changes the pod",
    });
  }
  const limited = Object.keys(change.limits).length > 0;
  if (limited && config.cgroups === "disabled") {
    throw new EngineError("CONTAINER_INVALID", `container ${config.id} has no cgroup: it cannot be limited`);
  }
  const { publish = [], unpublish = [] } = change;
  if (publish.length > 0) checkPublishable(config);
  const up = hasProcess(statusOf(ctx, record));
  const sandbox = publishingContainer(ctx, record, { up });
  const wish = { add: publish, remove: unpublish };
  const ports =
    publish.length + unpublish.length === 0
      ? { add: [], remove: [], ports: sandbox.ports }
      : await ctx.network.changing.planPorts(sandbox, wish);
  const limits = changedLimits(config.limits, change.limits);
  const next = changedConfig(config, change, {
    limits: limits.limits,
    ports: publish.length + unpublish.length === 0 ? config.network.ports : ports.ports,
  });
  const changesHost = limited || ports.add.length + ports.remove.length > 0;
  return { record, up, changesHost, config: next, limits, sandbox, ports };
}

/** @throws CONTAINER_INVALID, PORT_INVALID */
function checkPublishable(config: ContainerConfig): void {
  if (ownsNetwork(config)) return;
  const { kind } = config.network.mode;
  throw new EngineError(
    "PORT_INVALID",
    kind === "pod"
      ? `cannot publish ports of container ${config.name}: its network is its pod's`
      : `cannot publish ports of container ${config.name}: its network mode is "${kind}"`,
    kind === "pod" ? { hint: "pod update publishes ports of the pod" } : {},
  );
}

/** @throws CONTAINER_INVALID */
function changedConfig(
  config: ContainerConfig,
  change: ContainerChange,
  { limits, ports }: Pick<ContainerConfig, "limits"> & { readonly ports: PortChange["ports"] },
): ContainerConfig {
  const health = changedHealth(config.health, change.health);
  return {
    ...config,
    limits,
    network: { ...config.network, ports },
    process: { ...config.process, env: changedEnv(config.process.env, change) },
    ...(change.restart === undefined ? {} : { restart: change.restart }),
    ...(health === undefined ? {} : { health }),
  };
}

/** A kill between any two leaves what the next command settles: to what is noted by then. */
function liveSteps(ctx: ContainerContext, plan: Plan): Step[] {
  const { record, sandbox, ports, limits } = plan;
  const { id } = record.config;
  const { cgroup } = placesOf(ctx.settings, record.config);
  const before = ctx.cgroups.limitsNow(cgroup, limits.resources);
  const { changing } = ctx.network;
  const exchange: Step[] = [
    {
      name: "exchange published ports",
      apply: () => changing.exchangePorts(sandbox, ports),
      undo: () => changing.takeBackPorts(sandbox, ports),
    },
  ];
  const release: Step[] = [{ name: "let go of ports", apply: () => changing.releasePorts(sandbox, ports) }];
  const moves = ports.add.length + ports.remove.length > 0;
  return [
    {
      name: "note that it changes",
      apply: () => beginUpdate(ctx, id, before),
      undo: () => endUpdate(ctx, id),
    },
    {
      name: `limit cgroup ${cgroup}`,
      apply: () => ctx.cgroups.apply(cgroup, limits.resources),
      undo: () => ctx.cgroups.restore(cgroup, before),
    },
    ...(moves ? exchange : []),
    noteStep(ctx, plan),
    ...(moves ? release : []),
    { name: "note that it has changed", apply: () => endUpdate(ctx, id) },
  ];
}

function noteStep(ctx: ContainerContext, { record, up, config, sandbox, ports }: Plan): Step {
  const note = (next: ContainerConfig, bound: PortChange["ports"]): void => {
    const { containers, pods } = ctx.store;
    ctx.store.transaction(() => {
      containers.updateConfig(config.id, () => next);
      containers.updateState(config.id, (state) => ({
        ...state,
        ...(state.updating === undefined ? {} : { updating: { limits: [] } }),
        ...(state.run === undefined || !up ? {} : { run: { ...state.run, ports: bound } }),
      }));
      const changed = `its container ${config.name} was updated`;
      if (pods.get(config.podId)?.config.played === undefined) return;
      pods.updateConfig(config.podId, (pod) =>
        pod.played === undefined ? pod : { ...pod, played: { ...pod.played, changed } },
      );
    });
  };
  return {
    name: "note what it is from now on",
    apply: () => note(config, ports.ports),
    undo: () => note(record.config, sandbox.ports),
  };
}
