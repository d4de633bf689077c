/** The pod's sandbox: namespaces, /dev/shm, files, cgroup, address and ports, without a process. Up or down. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { applyPlan, type Step } from "../base/plan.ts";
import { podVolumeDirectory } from "../container/places.ts";
import { hasAddresses } from "../network/own-network.ts";
import type { AttachedNetwork } from "../ports/sandbox-network.ts";
import type { ContainerRecord, Phase } from "../ports/container-record.ts";
import type { PodConfig, PodRecord, SandboxRef } from "../ports/pod-record.ts";
import type { ProcessIdentity } from "../ports/processes.ts";
import { type PodContext, type PodHost, sandboxDirectory } from "./context.ts";
import { tellOfInfra } from "./infra-event.ts";
import { podResources } from "./limits.ts";
import { isRestartDue } from "../container/restart-due.ts";
import { pinsOf } from "./pins.ts";

const NO_NETWORK: AttachedNetwork = { interfaces: [], ports: [] };

/**
 * Brings the sandbox up unless it is up in this boot. Takes the pod's lock.
 * @throws PORT_IN_USE, NETWORK_SETUP_FAILED, POD_NOT_FOUND when the pod is going away
 */
export async function ensureSandbox(ctx: PodContext, podId: string): Promise<SandboxRef> {
  const seen = ctx.store.pods.get(podId);
  const ready = seen === undefined ? undefined : await pinnedSandbox(ctx, seen);
  if (ready !== undefined) return ready;
  using _lock = await ctx.locks.acquire(`pod-${podId}`);
  const record = ctx.store.pods.get(podId);
  // Its removal forgot the lock, which we have just made anew.
  if (record === undefined) ctx.locks.forget(`pod-${podId}`);
  if (record === undefined || record.phase === "removing") {
    throw new EngineError("POD_NOT_FOUND", `no pod with name or ID ${podId} found: no such pod`);
  }
  const current = await pinnedSandbox(ctx, record);
  if (current !== undefined) return current;
  // What a killed command or a lost mount namespace left is taken down first.
  if (mayBeLeft(ctx, record)) await releaseSandbox(ctx, record);
  // The lock is held until it is up.
  return await bringUp(ctx, await ctx.host(), record.config);
}

/** Each thing that is taken down last is gone: the directory, the state's word of it, the addresses. */
function mayBeLeft(ctx: PodContext, { config, phase, state }: PodRecord): boolean {
  if (phase !== "ready" || state.sandbox !== undefined) return true;
  if (existsSync(sandboxDirectory(ctx.settings, config.id))) return true;
  return ctx.store.networks.leases({ owner: config.id }).length > 0;
}

/** As the state has it; undefined when down or from before a reboot. Reads only. */
export function currentSandbox(ctx: PodContext, podId: string): SandboxRef | undefined {
  const record = ctx.store.pods.get(podId);
  return record === undefined ? undefined : notedSandbox(ctx, record);
}

function notedSandbox(ctx: PodContext, { phase, config, state }: PodRecord): SandboxRef | undefined {
  const { sandbox } = state;
  if (sandbox === undefined || sandbox.bootId !== ctx.processes.bootId || phase === "stopping")
    return undefined;
  return toRef(ctx, config, sandbox);
}

/** Up by the state and by the kernel; undefined else. */
export async function pinnedSandbox(ctx: PodContext, record: PodRecord): Promise<SandboxRef | undefined> {
  const ref = notedSandbox(ctx, record);
  if (ref === undefined || record.phase === "starting") return undefined;
  const holder = record.state.sandbox?.holder;
  if (holder !== undefined && !ctx.processes.isAlive(holder)) return undefined;
  const { namespaces } = await ctx.host();
  const pinned = pinsOf(record.config).every((kind) => namespaces.isPinned(ref.pinDir, kind));
  return pinned && (!ownsUserns(record.config) || namespaces.isPinned(ref.pinDir, "user")) ? ref : undefined;
}

async function bringUp(ctx: PodContext, host: PodHost, config: PodConfig): Promise<SandboxRef> {
  let network = NO_NETWORK;
  let holder: ProcessIdentity | undefined;
  ctx.store.pods.setPhase(config.id, "starting", ctx.self);
  const steps: Step[] = [
    ...isolationSteps(ctx, host, config),
    ...(await volumeSteps(ctx, host, config)),
    {
      name: "start the PID namespace's holder",
      apply: async () => {
        holder = await startHolder(ctx, host, config);
      },
      undo: () => host.holder.stop(config.id, holderDirectory(ctx, config), holder),
      undoPartial: true,
    },
    {
      name: "attach networks and publish ports",
      apply: async () => {
        network = await attach(ctx, host, config);
      },
      undo: () => host.network.detach(config.id, network),
    },
    { name: "write hosts, resolv.conf and hostname", apply: () => writeFiles(ctx, host, config, network) },
    {
      name: "note that it is up",
      apply: () => {
        const sandbox = {
          bootId: ctx.processes.bootId,
          startedAt: ctx.clock.now(),
          ...network,
          ...(holder === undefined ? {} : { holder }),
        };
        ctx.store.transaction(() => {
          ctx.store.pods.updateState(config.id, (state) => ({ ...state, sandbox }));
          ctx.store.pods.setPhase(config.id, "ready");
        });
      },
    },
  ];
  try {
    await applyPlan(steps, { title: `start sandbox of pod ${config.name}`, log: ctx.log });
  } catch (error) {
    ctx.store.pods.setPhase(config.id, "ready");
    throw error;
  }
  tellOfInfra(ctx, config, "init", "start");
  const ref = currentSandbox(ctx, config.id);
  if (ref === undefined)
    throw new EngineError("POD_STATE_IMPROPER", `pod ${config.name} was removed meanwhile`);
  return ref;
}

function isolationSteps(ctx: PodContext, host: PodHost, config: PodConfig): Step[] {
  const directory = sandboxDirectory(ctx.settings, config.id);
  const cgroup = config.cgroupPath;
  return [
    {
      name: `create directory ${directory}`,
      apply: () => void mkdirSync(directory, { recursive: true, mode: 0o711 }),
      undo: () => rmSync(directory, { recursive: true, force: true }),
    },
    {
      name: `create cgroup ${cgroup}`,
      apply: () => {
        host.cgroups.create(cgroup);
        host.cgroups.apply(cgroup, podResources(config.limits));
      },
      undo: () => host.cgroups.remove(cgroup),
      undoPartial: true,
    },
    {
      name: "pin namespaces",
      apply: () => pinAll(ctx, host, config),
      undo: () => host.namespaces.unpin(directory),
      undoPartial: true,
    },
    ...(config.share.includes("ipc") ? [shmStep(host, directory, config)] : []),
  ];
}

async function pinAll(ctx: PodContext, host: PodHost, config: PodConfig): Promise<void> {
  const directory = sandboxDirectory(ctx.settings, config.id);
  const { idMappings: mappings, usernsPath: path } = config;
  const options = {
    ...(config.share.includes("uts") ? { hostname: config.hostname } : {}),
    sysctls: sandboxSysctls(ctx, config),
  };
  if (mappings === undefined) return host.namespaces.pin(directory, pinsOf(config), options);
  const user = path === undefined ? { mappings } : { path };
  await host.namespaces.pinFor(user, directory, pinsOf(config), options);
  const { openDirectory } = await import("../container/userns/mapped-run.ts");
  openDirectory(directory, mappings);
}

/** Pinned with the others. */
function ownsUserns({ idMappings, usernsPath }: PodConfig): boolean {
  return idMappings !== undefined && usernsPath === undefined;
}

/** What root of the members is on the host, where that is not the engine itself. */
async function ownerOf({ idMappings }: PodConfig): Promise<{ uid: number; gid: number } | undefined> {
  if (idMappings === undefined) return undefined;
  const { rootOutside } = await import("../container/userns/mapped-run.ts");
  return rootOutside(idMappings);
}

/** Their code is loaded by the pods that have some. */
async function volumeSteps(ctx: PodContext, host: PodHost, config: PodConfig): Promise<Step[]> {
  if (config.volumes === undefined || config.volumes.length === 0) return [];
  const { volumeStep } = await import("./volumes.ts");
  return [volumeStep(ctx, host, config)];
}

async function dropVolumes(host: PodHost, directory: string): Promise<void> {
  if (!existsSync(`${directory}/volumes`)) return;
  const { dropMemoryVolumes } = await import("./volumes.ts");
  dropMemoryVolumes(host.mounts, directory);
}

function shmStep(host: PodHost, directory: string, config: PodConfig): Step {
  const target = `${directory}/shm`;
  return {
    name: "mount /dev/shm",
    apply: async () => {
      const owner = await ownerOf(config);
      mkdirSync(target, { recursive: true });
      host.mounts.tmpfs(target, {
        size: config.shmSize,
        mode: "1777",
        ...(owner === undefined ? {} : { owner }),
      });
    },
    undo: () => host.mounts.unmount(target),
    undoPartial: true,
  };
}

const PING_GROUPS = "net.ipv4.ping_group_range";

/** Network sysctls apply only in a namespace of the sandbox's own. */
function sandboxSysctls(ctx: PodContext, config: PodConfig): Record<string, string> {
  const result: Record<string, string> = {};
  const ownNetwork = pinsOf(config).includes("net");
  for (const line of ctx.settings.config.defaultSysctls) {
    const equals = line.indexOf("=");
    const key = line.slice(0, equals);
    if (equals > 0 && (ownNetwork || !key.startsWith("net."))) result[key] = line.slice(equals + 1);
  }
  const { idMappings } = config;
  // Root writes it from outside, where the container's groups have other numbers; an ordinary user's is written inside.
  if (idMappings !== undefined && ctx.settings.uid === 0 && result[PING_GROUPS] === "0 0") {
    const first = idMappings.gid.find(({ inside }) => inside === 0)?.outside;
    if (first === undefined) delete result[PING_GROUPS];
    else result[PING_GROUPS] = `${first} ${first}`;
  }
  return { ...result, ...config.sysctls };
}

async function startHolder(
  ctx: PodContext,
  host: PodHost,
  config: PodConfig,
): Promise<ProcessIdentity | undefined> {
  if (!config.share.includes("pid")) return undefined;
  return host.holder.start({
    id: config.id,
    directory: holderDirectory(ctx, config),
    pinDir: sandboxDirectory(ctx.settings, config.id),
    pins: pinsOf(config),
    cgroupPath: config.cgroupPath,
    ...(config.idMappings === undefined ? {} : { idMappings: config.idMappings }),
    ...(config.idMappings === undefined ? {} : { usernsPath: usernsPathOf(ctx, config) }),
  });
}

function usernsPathOf(ctx: PodContext, { id, usernsPath }: PodConfig): string {
  return usernsPath ?? `${sandboxDirectory(ctx.settings, id)}/user`;
}

function holderDirectory(ctx: PodContext, config: PodConfig): string {
  return `${sandboxDirectory(ctx.settings, config.id)}/holder`;
}

async function attach(ctx: PodContext, host: PodHost, config: PodConfig): Promise<AttachedNetwork> {
  const { network } = config;
  if (!config.share.includes("net") || !hasAddresses(network.kind)) return NO_NETWORK;
  const own = network.kind === "bridge" ? network.attachments : [];
  return host.network.attach({
    owner: config.id,
    ownerName: config.name,
    netnsPath: `${sandboxDirectory(ctx.settings, config.id)}/net`,
    attachments: ctx.store.pods.get(config.id)?.state.attachments ?? own,
    ...(network.kind === "pasta" ? { pasta: network.options } : {}),
    ports: config.ports,
  });
}

async function writeFiles(
  ctx: PodContext,
  host: PodHost,
  config: PodConfig,
  network: AttachedNetwork,
): Promise<void> {
  const directory = sandboxDirectory(ctx.settings, config.id);
  const hosts = await host.network.hosts({
    addHost: config.addHost,
    hostname: config.fullHostname ?? config.hostname,
    names: [config.hostname, ...infraNames(ctx, config)],
    interfaces: network.interfaces,
    hostNetwork: config.network.kind === "host",
  });
  const files = {
    hosts,
    "resolv.conf": await host.network.resolvConf(config.dns, network.interfaces),
    hostname: `${config.hostname}\n`,
  };
  const owner = await ownerOf(config);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(`${directory}/${name}`, text, { mode: 0o644 });
    if (owner !== undefined) chownSync(`${directory}/${name}`, owner.uid, owner.gid);
  }
}

function infraNames(ctx: PodContext, config: PodConfig): string[] {
  const infra = config.infraId === "" ? undefined : ctx.store.containers.get(config.infraId);
  return infra === undefined ? [] : [infra.config.name];
}

/**
 * Takes the sandbox down, whatever of it is there, unless a member runs, is being started or is about to be: who
 * starts one says so first and looks for the sandbox again afterwards, so one of the two sees the other. Takes the
 * pod's lock.
 */
export async function dropSandbox(ctx: PodContext, podId: string): Promise<void> {
  using _lock = await ctx.locks.acquire(`pod-${podId}`);
  const record = ctx.store.pods.get(podId);
  // Whoever removed it has forgotten the lock before this one was made.
  if (record === undefined) return ctx.locks.forget(`pod-${podId}`);
  const goes = ctx.store.transaction(() => {
    if (ctx.store.containers.list({ podId }).some((member) => needsSandbox(ctx, member))) return false;
    if (record.phase === "ready" && record.state.sandbox !== undefined) {
      ctx.store.pods.setPhase(podId, "stopping", ctx.self);
    }
    return true;
  });
  if (goes) await releaseSandbox(ctx, ctx.store.pods.get(podId) ?? record);
}

function needsSandbox(ctx: PodContext, { config, phase, owner, state }: ContainerRecord): boolean {
  if (config.infra) return false;
  if (phase === "starting" && owner !== undefined && ctx.processes.isAlive(owner)) return true;
  if (isRestartDue(state)) return true;
  const { run, exit } = state;
  return (
    run !== undefined && exit === undefined && run.startedAt !== 0 && run.bootId === ctx.processes.bootId
  );
}

/** The one way down: each step is idempotent and derives its names from the pod's id. Holds the pod's lock. */
export async function releaseSandbox(ctx: PodContext, record: PodRecord): Promise<void> {
  const { config, state } = record;
  const host = await ctx.host();
  const directory = sandboxDirectory(ctx.settings, config.id);
  await host.holder.stop(config.id, holderDirectory(ctx, config), state.sandbox?.holder);
  // Who was changing its ports was killed: whatever leads to it goes.
  const known = state.updating === undefined ? state.sandbox : undefined;
  await host.network.detach(config.id, known ?? NO_NETWORK);
  host.namespaces.unpin(directory);
  host.mounts.unmount(`${directory}/shm`);
  await dropVolumes(host, directory);
  await host.cgroups.remove(config.cgroupPath);
  rmSync(directory, { recursive: true, force: true });
  ctx.locks.forget(`hosts-${config.id}`);
  ctx.store.transaction(() => {
    if (isUnderWay(record.phase)) ctx.store.pods.setPhase(config.id, "ready");
    if (state.sandbox === undefined) return;
    ctx.store.pods.updateState(config.id, ({ sandbox: _down, updating: _over, ...kept }) => ({
      ...kept,
      stoppedAt: ctx.clock.now(),
    }));
  });
  // What a reboot took down was told by nobody, and its log is gone.
  if (state.sandbox?.bootId === ctx.processes.bootId) tellOfInfra(ctx, config, "died", "cleanup");
}

function isUnderWay(phase: Phase): boolean {
  return phase === "starting" || phase === "updating" || phase === "stopping";
}

function toRef(
  ctx: PodContext,
  config: PodConfig,
  sandbox: NonNullable<PodRecord["state"]["sandbox"]>,
): SandboxRef {
  const directory = sandboxDirectory(ctx.settings, config.id);
  const shares = (kind: "net" | "ipc" | "uts"): boolean => config.share.includes(kind);
  return {
    podId: config.id,
    podName: config.name,
    hostname: config.hostname,
    share: config.share,
    pinDir: directory,
    ...(sandbox.holder === undefined ? {} : { pidNamespacePath: `/proc/${sandbox.holder.pid}/ns/pid` }),
    ...(config.idMappings === undefined ? {} : { usernsPath: usernsPathOf(ctx, config) }),
    shmPath: shares("ipc") ? `${directory}/shm` : "",
    hostsPath: shares("net") && !config.noHosts ? `${directory}/hosts` : "",
    resolvConfPath: shares("net") && config.dns.servers?.[0] !== "none" ? `${directory}/resolv.conf` : "",
    hostnamePath: shares("uts") && !config.noHostname ? `${directory}/hostname` : "",
    cgroupParent: config.shareParent ? config.cgroupPath : config.cgroupParent,
    interfaces: sandbox.interfaces,
    ports: sandbox.ports,
    mounts: config.mounts,
    network: config.network,
    security: config.security,
    volumePaths: volumePaths(ctx, config),
  };
}

function volumePaths(ctx: PodContext, { id, volumes = [] }: PodConfig): Record<string, string> {
  return Object.fromEntries(
    volumes.map((volume) => [volume.name, podVolumeDirectory(ctx.settings, id, volume)]),
  );
}
