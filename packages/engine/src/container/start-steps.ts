/** The plan of one start: what is put on the host, step by step, each undone by the one teardown. */
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Step } from "../base/plan.ts";
import type {
  ContainerConfig,
  ContainerExit,
  ContainerRecord,
  ContainerRun,
  ContainerState,
  RestartBackOff,
} from "../ports/container-record.ts";
import type { PreparedMonitor } from "../ports/monitor.ts";
import type { HeldPorts, ReservedNetwork } from "../ports/sandbox-network.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext, LiveFacts } from "./context.ts";
import { serializeRuntimeSpec } from "./oci-spec/build.ts";
import { isRestarted } from "./needs-supervisor.ts";
import { joinedPids } from "./joined-pids.ts";
import { ownsNetns, ownsNetwork } from "./own-network.ts";
import { type ContainerPlaces, placesOf } from "./places.ts";
import type { StartHooks } from "./start.ts";
import { heldPorts, prepareMonitor, type Start } from "./start-monitor.ts";
import { tearDownRun } from "./teardown.ts";

/** What the steps hand on to one another. */
interface Progress {
  network: Pick<LiveFacts, "interfaces" | "ports">;
  /** Makes the links of what was reserved. */
  join: ReservedNetwork["join"] | undefined;
  /** Its own start was begun while the rest was prepared. */
  monitor: PreparedMonitor | undefined;
  /** The sockets that it keeps. */
  held: HeldPorts | undefined;
  /** Keeps the kernel ready for the container's process. */
  entry: Disposable | undefined;
  spec: RuntimeSpec | undefined;
}

export function startSteps(ctx: ContainerContext, record: ContainerRecord, start: Start): Step[] {
  const { config } = record;
  const places = placesOf(ctx.settings, config);
  const progress: Progress = {
    network: { interfaces: [], ports: [] },
    join: undefined,
    monitor: undefined,
    held: undefined,
    entry: undefined,
    spec: undefined,
  };
  const monitor = monitorStep(ctx, record, { start, progress });
  // Sockets on ports of its own are bound once these are reserved.
  const [early, late] = config.network.ports.length > 0 ? [[], [monitor]] : [[monitor], []];
  return [
    {
      name: `note a run of ${config.id}`,
      apply: () => noteNewRun(ctx, config, start.hooks),
      // By names derived from the id: whatever the later steps got done, this takes away.
      undo: () => tearDownRun(ctx, ctx.store.containers.get(config.id) ?? record),
      undoPartial: true,
    },
    { name: `make directories of ${config.id}`, apply: () => makeDirectories(ctx, config, places) },
    ...early,
    { name: `mount root file system on ${places.rootfs}`, apply: () => mountRootfs(ctx, record, places) },
    ...cgroupSteps(ctx, config, places),
    ...networkSteps(ctx, record, { start, progress }),
    ...late,
    { name: `write bundle ${places.bundle}`, apply: () => writeBundle(ctx, record, { start, progress }) },
    { name: `launch monitor for ${config.id}`, apply: () => launch(ctx, record, progress) },
    { name: `start ${config.id}`, apply: () => startProcess(ctx, record, { hooks: start.hooks, progress }) },
  ];
}

function noteNewRun(
  ctx: ContainerContext,
  { id, runtime }: ContainerConfig,
  { restartOf }: StartHooks,
): void {
  const run: ContainerRun = {
    bootId: ctx.processes.bootId,
    startedAt: 0,
    interfaces: [],
    ports: [],
    stopRequested: false,
    // Of a start all steps ask for the same name, and get the same answer within one command.
    runtime: ctx.runtime(runtime).path,
    ...(restartOf === undefined ? {} : { byPolicy: true }),
  };
  ctx.store.containers.updateState(id, ({ exit, backOff, lastExit: _older, ...state }) => ({
    ...state,
    ...(restartOf === undefined || backOff === undefined ? { restarts: 0 } : restarted(state, exit, backOff)),
    run,
    error: "",
  }));
  ctx.monitor.forgetExit(id);
}

/** The count and the run go together: killed right after it, the engine has not counted in vain. */
function restarted(
  { restarts }: Pick<ContainerState, "restarts">,
  exit: ContainerExit | undefined,
  { restartAt: _now, ...backOff }: RestartBackOff,
): Partial<ContainerState> {
  return { restarts: restarts + 1, backOff, ...(exit === undefined ? {} : { lastExit: exit }) };
}

async function makeDirectories(
  ctx: ContainerContext,
  { idMappings }: ContainerConfig,
  places: ContainerPlaces,
): Promise<void> {
  // The owner alone: an image's set-uid programs must not be within reach of the host's users.
  for (const path of [places.store, places.bundle]) mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const path of [places.upper, places.work, places.rootfs]) mkdirSync(path, { recursive: true });
  if (idMappings === undefined) return;
  const { openBundle } = await import("./userns/mapped-run.ts");
  openBundle(ctx.settings, places, idMappings);
}

async function mountRootfs(
  ctx: ContainerContext,
  record: ContainerRecord,
  places: ContainerPlaces,
): Promise<void> {
  // Also for one that shows elsewhere already: a run holds layers by itself.
  const lower = await ctx.images.acquire(record.config.image.id, record.config.id);
  // One upper directory in two overlays is undefined: what `mount` has mounted is shown here, too.
  if (ctx.mounts.isMounted(places.held)) return ctx.mounts.bind(places.held, places.rootfs);
  const { idMappings } = record.config;
  const request = {
    target: places.rootfs,
    lower,
    upper: places.upper,
    work: places.work,
    // The kernel mounts such a one once; one that its policy starts again is mounted again.
    volatile: record.config.autoRemove && !isRestarted(record.config),
  };
  if (idMappings === undefined) await ctx.mounts.overlay(request);
  else await ctx.mounts.mappedOverlay(request, idMappings);
}

/** Before the runtime, which would not see that another command is removing the store's parent as empty. */
function cgroupSteps(ctx: ContainerContext, config: ContainerConfig, { cgroup }: ContainerPlaces): Step[] {
  if (config.cgroups === "disabled") return [];
  return [{ name: `create cgroup ${cgroup}`, apply: () => ctx.cgroups.create(cgroup) }];
}

function networkSteps(
  ctx: ContainerContext,
  { config }: ContainerRecord,
  { start, progress }: { start: Start; progress: Progress },
): Step[] {
  const { sandbox } = placesOf(ctx.settings, config);
  const mapped = config.idMappings !== undefined;
  if (!ownsNetns(config) && (!mapped || config.namespaces.user.kind !== "private")) return [];
  const pin: Step = {
    name: `pin namespaces in ${sandbox}`,
    apply: async () => {
      mkdirSync(sandbox, { recursive: true, mode: 0o711 });
      if (!mapped) return ctx.namespaces.pin(sandbox, ["net"], {});
      const { pinMapped } = await import("./userns/mapped-run.ts");
      await pinMapped(ctx, config, { sandbox, pod: start.sandbox });
    },
  };
  if (!ownsNetwork(config)) return [pin];
  const reserve: Step = {
    name: `reserve addresses and ports for ${config.id}`,
    apply: async () => {
      const { join, ...network } = await ctx.network.reserve(config, `${sandbox}/net`);
      progress.network = network;
      progress.join = join;
      updateRun(ctx, config.id, (run) => ({ ...run, ...network }));
    },
  };
  return [pin, reserve];
}

/** Hooks that the runtime runs before it answers, and settings of links that are then to be there. */
function looksAtLinks(spec: RuntimeSpec | undefined): boolean {
  const settings = Object.keys(spec?.linux.sysctl ?? {});
  return (
    spec?.hooks !== undefined || settings.some((name) => /^net[./]ipv[46][./](conf|neigh)[./]/.test(name))
  );
}

/** Links and names: beside the runtime's work where that does not look at them. */
async function joinNetworks(ctx: ContainerContext, id: string, progress: Progress): Promise<void> {
  const { join } = progress;
  progress.join = undefined;
  if (join === undefined) return;
  const { interfaces: known } = progress.network;
  progress.network = await join();
  const { interfaces } = progress.network;
  // The kernel chooses the MAC addresses of some.
  if (interfaces.every(({ mac }, i) => mac === known[i]?.mac)) return;
  updateRun(ctx, id, (run) => ({ ...run, interfaces }));
}

async function writeBundle(
  ctx: ContainerContext,
  record: ContainerRecord,
  { start, progress }: { start: Start; progress: Progress },
): Promise<void> {
  const { config } = record;
  const places = placesOf(ctx.settings, config);
  mkdirSync(places.sandbox, { recursive: true, mode: 0o711 });
  const live: LiveFacts = {
    bundle: places.bundle,
    rootfs: places.rootfs,
    ...(await rootForRuntime(ctx, config, places)),
    sandboxDir: places.sandbox,
    ...(ownsNetns(config) ? { netnsPath: `${places.sandbox}/net` } : {}),
    ...progress.network,
    ...(start.sandbox === undefined ? {} : { sandbox: start.sandbox }),
    cgroupPath: places.cgroup,
    joinedPids: joinedPids(ctx, config),
    ...(start.hooks.terminalSize === undefined ? {} : { terminalSize: start.hooks.terminalSize }),
  };
  progress.spec = await ctx.buildSpec(config, live);
  const tuned = ctx.runtime(config.runtime).tuned(progress.spec);
  writeFileSync(`${places.bundle}/config.json`, serializeRuntimeSpec(tuned), { mode: 0o600 });
}

async function rootForRuntime(
  ctx: ContainerContext,
  config: ContainerConfig,
  { rootfs }: ContainerPlaces,
): Promise<Pick<LiveFacts, "rootForRuntime">> {
  if (config.idMappings === undefined) return {};
  const mapped = await import("./userns/mapped-run.ts");
  return { rootForRuntime: await mapped.rootForRuntime(ctx, config, rootfs) };
}

async function launch(ctx: ContainerContext, { config }: ContainerRecord, progress: Progress): Promise<void> {
  // Of the first, nothing more was heard while the steps in between were at work.
  using _first = progress.entry;
  using _entry = expectEntry(ctx, config);
  // Until the monitor is noted, by which others find its sockets.
  await using _held = takeHeld(progress);
  using monitor = progress.monitor;
  if (monitor === undefined) throw new Error(`no monitor was started for container ${config.id}`);
  if (looksAtLinks(progress.spec)) await joinNetworks(ctx, config.id, progress);
  // The monitor is at work when we have control again.
  const launching = monitor.create();
  const [launched, joined] = await Promise.allSettled([launching, joinNetworks(ctx, config.id, progress)]);
  // Both have ended: nothing is under way that would outlive the undoing.
  if (launched.status === "rejected") throw launched.reason;
  const handle = launched.value;
  updateRun(ctx, config.id, (run) => ({
    ...run,
    ...(handle.pid === undefined ? {} : { pid: handle.pid }),
    ...(handle.monitor === undefined ? {} : { monitor: handle.monitor }),
  }));
  if (joined.status === "rejected") throw joined.reason;
  if (handle.pid !== undefined) {
    if (progress.spec !== undefined) ctx.runtime(config.runtime).learn(config.id, progress.spec);
    ctx.events.write(containerEvent(config, "init"));
    return;
  }
  throw new EngineError(
    "CONTAINER_RUNTIME_FAILED",
    `${config.runtime}: container ${config.id} ended before its start: OCI runtime error`,
  );
}

function expectEntry(ctx: ContainerContext, { cgroups }: ContainerConfig): Disposable | undefined {
  return cgroups === "disabled" ? undefined : ctx.cgroups.expectEntry();
}

/** Its own start (programs loaded, options read) goes on beside the steps that follow. */
function monitorStep(
  ctx: ContainerContext,
  record: ContainerRecord,
  { start, progress }: { start: Start; progress: Progress },
): Step {
  const { config } = record;
  return {
    name: `start monitor for ${config.id}`,
    apply: async () => {
      progress.held = await heldPorts(ctx, config, { start, network: progress.network });
      progress.entry = expectEntry(ctx, config);
      progress.monitor = await prepareMonitor(ctx, record, { start, held: progress.held });
    },
    undo: async () => {
      progress.entry?.[Symbol.dispose]();
      progress.monitor?.[Symbol.dispose]();
      await takeHeld(progress)?.[Symbol.asyncDispose]();
    },
    undoPartial: true,
  };
}

/** They are let go of once. */
function takeHeld(progress: Progress): HeldPorts | undefined {
  const { held } = progress;
  progress.held = undefined;
  return held;
}

async function startProcess(
  ctx: ContainerContext,
  { config }: ContainerRecord,
  { hooks, progress }: { hooks: StartHooks; progress: Progress },
): Promise<void> {
  const { bundle } = placesOf(ctx.settings, config);
  if (hooks.terminalSize !== undefined && config.process.tty) ctx.monitor.resize(bundle, hooks.terminalSize);
  await hooks.beforeStart?.(bundle);
  await ctx.runtime(config.runtime).start(config.id, { hooks: progress.spec?.hooks !== undefined });
  updateRun(ctx, config.id, (run) => ({ ...run, startedAt: ctx.clock.now() }));
  ctx.events.write(containerEvent(config, "start"));
}

function updateRun(ctx: ContainerContext, id: string, change: (run: ContainerRun) => ContainerRun): void {
  ctx.store.containers.updateState(id, (state) =>
    state.run === undefined ? state : { ...state, run: change(state.run) },
  );
}
