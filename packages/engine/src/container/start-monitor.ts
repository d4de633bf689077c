/** What a container's monitor is started with, and the sockets that it keeps. */
import type { ContainerConfig, ContainerRecord } from "../ports/container-record.ts";
import type { MonitorLaunch, PreparedMonitor } from "../ports/monitor.ts";
import type { SandboxRef } from "../ports/pod-record.ts";
import type { HeldPorts, HoldRequest } from "../ports/sandbox-network.ts";
import type { ContainerContext, LiveFacts } from "./context.ts";
import { exitCommand } from "./exit-command.ts";
import { placesOf } from "./places.ts";
import { podMonitors } from "./pod-monitors.ts";
import type { StartHooks } from "./start.ts";

export interface Start {
  readonly hooks: StartHooks;
  readonly sandbox: SandboxRef | undefined;
}

type Attached = Pick<LiveFacts, "interfaces" | "ports">;

/** Starts it; it waits for the bundle to be complete. */
export async function prepareMonitor(
  ctx: ContainerContext,
  record: ContainerRecord,
  { start, held }: { readonly start: Start; readonly held?: HeldPorts | undefined },
): Promise<PreparedMonitor> {
  await start.hooks.beforeLaunch?.(record.config.id);
  const launch = await monitorLaunch(ctx, record, held);
  const { preserveFds } = start.hooks;
  return ctx.monitor.prepare(preserveFds === undefined ? launch : { ...launch, preserveFds });
}

/** Sockets on the ports that lead to it. */
export function heldPorts(
  ctx: ContainerContext,
  config: ContainerConfig,
  from: { readonly start: Start; readonly network: Attached },
): Promise<HeldPorts> {
  return ctx.network.holdPorts(holdRequest(ctx, config, from));
}

/** The ports that lead to it: its own, or its pod's. */
function holdRequest(
  ctx: ContainerContext,
  config: ContainerConfig,
  { start, network }: { readonly start: Start; readonly network: Attached },
): HoldRequest {
  const { sandbox } = start;
  if (config.network.mode.kind !== "pod" || sandbox === undefined) {
    return { owner: config.id, ...network, monitors: () => [] };
  }
  const { podId, interfaces, ports } = sandbox;
  const room = interfaces.length > 0 ? ({ room: true } as const) : {};
  return { owner: podId, interfaces, ports, ...room, monitors: () => podMonitors(ctx, podId) };
}

async function monitorLaunch(
  ctx: ContainerContext,
  { config }: ContainerRecord,
  held: HeldPorts | undefined,
): Promise<MonitorLaunch> {
  const { bundle } = placesOf(ctx.settings, config);
  return {
    id: config.id,
    name: config.name,
    runtime: ctx.runtime(config.runtime),
    bundle,
    tty: config.process.tty,
    openStdin: config.process.openStdin,
    log: { ...config.log, tag: await logTag(ctx, config) },
    exitCommand: exitCommand(ctx.settings, config.id),
    timeout: config.process.timeout,
    keepOpen: held?.descriptors ?? [],
    ...(config.conmonPidFile === "" ? {} : { conmonPidFile: config.conmonPidFile }),
    ...(config.pidFile === "" ? {} : { pidFile: config.pidFile }),
  };
}

async function logTag(ctx: ContainerContext, { id, log }: ContainerConfig): Promise<string> {
  if (log.driver !== "journald" || log.tag === "") return "";
  const { fillTag } = await import("./logs/tag.ts");
  return fillTag(log.tag, () => ctx.views.inspect(id, { size: false }));
}
