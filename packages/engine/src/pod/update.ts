/** `pod update`: ports, labels, limits and restart policy of a pod, at once where it is up; all of it or nothing. */
import type { Limits, Updated } from "@podwright/spec/engine-api/common";
import type { PodChange } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { applyPlan, type Step } from "../base/plan.ts";
import { changedLimits, type ChangedLimits } from "../container/changed-limits.ts";
import { hasAddresses } from "../network/own-network.ts";
import type { PodConfig, PodRecord } from "../ports/pod-record.ts";
import type { PortChange, PublishingSandbox } from "../ports/sandbox-network.ts";
import type { PodContext, PodHost } from "./context.ts";
import { podEvent } from "./pod-event.ts";
import { publishingSandbox } from "./publishing-sandbox.ts";
import { pinnedSandbox } from "./sandbox.ts";
import { beginUpdate, endUpdate } from "./settle-update.ts";

/** @throws POD_NOT_FOUND, POD_INVALID, PORT_INVALID, PORT_CONFLICT, PORT_IN_USE, PORT_NOT_PUBLISHED, HOST_CALL_FAILED */
export async function updatePod(ctx: PodContext, nameOrId: string, change: PodChange): Promise<Updated> {
  const { id } = ctx.store.pods.find(nameOrId).config;
  using _lock = await ctx.locks.acquire(`pod-${id}`);
  const record = ctx.store.pods.get(id);
  if (record === undefined || record.phase === "removing") {
    if (record === undefined) ctx.locks.forget(`pod-${id}`);
    throw new EngineError("POD_NOT_FOUND", `no pod with name or ID ${nameOrId} found: no such pod`);
  }
  const host = await ctx.host();
  const plan = await planUpdate(ctx, host, { record, change });
  const title = `update pod ${record.config.name}`;
  await applyPlan(plan.up ? liveSteps(ctx, host, plan) : [noteStep(ctx, plan)], { title, log: ctx.log });
  ctx.events.write(podEvent(plan.config, "update"));
  if (change.restart !== undefined) ctx.supervisor.wake();
  const chosen = plan.ports.add.filter((port) => port.chosen === true);
  return { id, chosen };
}

interface Plan {
  readonly record: PodRecord;
  readonly up: boolean;
  readonly config: PodConfig;
  readonly limits: ChangedLimits;
  readonly sandbox: PublishingSandbox;
  readonly ports: PortChange;
}

/** Everything is checked here; nothing has changed yet. */
async function planUpdate(
  ctx: PodContext,
  host: PodHost,
  { record, change }: { readonly record: PodRecord; readonly change: PodChange },
): Promise<Plan> {
  const { config } = record;
  if (change.publish.length > 0) checkPublishable(config);
  const up = (await pinnedSandbox(ctx, record)) !== undefined;
  const sandbox = publishingSandbox(ctx, record, { up });
  const ports = await host.network.planPorts(sandbox, { add: change.publish, remove: change.unpublish });
  const limits = changedLimits(config.limits, change.limits);
  const next = changedConfig(config, change, { ports, limits: limits.limits });
  return { record, up, sandbox, ports, limits, config: next };
}

/** @throws POD_INVALID, PORT_INVALID */
function checkPublishable({ name, infraId, share, network }: PodConfig): void {
  if (infraId === "") {
    throw new EngineError(
      "POD_INVALID",
      "you must have an infra container to publish port bindings to the host",
    );
  }
  const why = !share.includes("net")
    ? "its containers do not share a network namespace"
    : hasAddresses(network.kind)
      ? undefined
      : `its network mode is "${network.kind}"`;
  if (why === undefined) return;
  throw new EngineError("PORT_INVALID", `cannot publish ports of pod ${name}: ${why}`);
}

function changedConfig(
  config: PodConfig,
  change: PodChange,
  { ports, limits }: { readonly ports: PortChange; readonly limits: Limits },
): PodConfig {
  const labels = { ...config.labels, ...change.labels };
  const kept = Object.entries(labels).filter(([key]) => !change.removeLabels.includes(key));
  const next: PodConfig = {
    ...config,
    ports: ports.ports,
    labels: Object.fromEntries(kept),
    limits,
    ...(change.restart === undefined ? {} : { restart: change.restart }),
  };
  const parts = (["ports", "labels", "limits", "restart"] as const).filter(
    (key) => JSON.stringify(next[key]) !== JSON.stringify(config[key]),
  );
  if (config.played === undefined || parts.length === 0) return next;
  const names = parts.map((part) => (part === "restart" ? "restart policy" : part)).join(" and ");
  return { ...next, played: { ...config.played, changed: `its ${names} changed` } };
}

/** A kill between any two leaves what the next command settles: to what is noted by then. */
function liveSteps(ctx: PodContext, { cgroups, network }: PodHost, plan: Plan): Step[] {
  const { record, sandbox, ports, limits } = plan;
  const { id, cgroupPath } = record.config;
  const before = cgroups.limitsNow(cgroupPath, limits.resources);
  return [
    {
      name: "note that it changes",
      apply: () => beginUpdate(ctx, id, before),
      undo: () => endUpdate(ctx, id),
    },
    {
      name: `limit cgroup ${cgroupPath}`,
      apply: () => cgroups.apply(cgroupPath, limits.resources),
      undo: () => cgroups.restore(cgroupPath, before),
    },
    {
      name: "exchange published ports",
      apply: () => network.exchangePorts(sandbox, ports),
      undo: () => network.takeBackPorts(sandbox, ports),
    },
    noteStep(ctx, plan),
    { name: "let go of ports", apply: () => network.releasePorts(sandbox, ports) },
    { name: "note that it has changed", apply: () => endUpdate(ctx, id) },
  ];
}

function noteStep(ctx: PodContext, { record, up, config, sandbox, ports }: Plan): Step {
  const members = policyTakers(ctx, record.config, config);
  return {
    name: "note what it is from now on",
    apply: () => note(ctx, { config, members, ...(up ? { bound: ports.ports } : {}) }),
    undo: () => note(ctx, { config: record.config, members, ...(up ? { bound: sandbox.ports } : {}) }),
  };
}

/** Members whose restart policy is the pod's: they took it when they were created. */
function policyTakers(ctx: PodContext, before: PodConfig, after: PodConfig): string[] {
  const policy = JSON.stringify(before.restart);
  if (JSON.stringify(after.restart) === policy) return [];
  return (
    ctx.store.containers
      .list({ podId: before.id })
      .filter(({ config }) => !config.infra && JSON.stringify(config.restart) === policy)
      // An init container without a policy of its own has none.
      .filter(({ config }) => config.initContainer === undefined || config.restart !== undefined)
      .map(({ config }) => config.id)
  );
}

interface Noted {
  readonly config: PodConfig;
  readonly bound?: PortChange["ports"];
  readonly members: readonly string[];
}

/** One transaction: the pod, its infra record, and members that have their policy from it. */
function note(ctx: PodContext, { config, bound, members }: Noted): void {
  const { containers, pods } = ctx.store;
  const { id, ports, labels, restart } = config;
  ctx.store.transaction(() => {
    pods.updateConfig(id, () => config);
    pods.updateState(id, (state) => ({
      ...state,
      ...(state.updating === undefined ? {} : { updating: { limits: [] } }),
      ...(state.sandbox === undefined || bound === undefined
        ? {}
        : { sandbox: { ...state.sandbox, ports: bound } }),
    }));
    if (config.infraId !== "") {
      containers.updateConfig(config.infraId, (infra) => ({
        ...infra,
        labels,
        network: { ...infra.network, ports },
      }));
    }
    for (const member of members) {
      containers.updateConfig(member, ({ restart: _before, ...kept }) => ({
        ...kept,
        ...(restart === undefined ? {} : { restart }),
      }));
    }
  });
}
