/** `pod create`: resolves what was asked for into a PodConfig and stores it. Nothing on the host changes yet. */
import type { NetworkMode } from "@podwright/spec/engine-api/common";
import type { PodRequest } from "@podwright/spec/engine-api/pods";
import { checkPodNetwork } from "./network-mode.ts";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { sysctlNamespace } from "@podwright/spec/values/sysctl";
import { checkForUser, defaultMode, hasAddresses } from "../network/own-network.ts";
import { resolveAttachments } from "../network/attachments.ts";
import { applyPlan, type Step } from "../base/plan.ts";
import type { PodConfig } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";
import type { PodUserns } from "./choose-pod-userns.ts";
import { tellOfInfra } from "./infra-event.ts";
import { infraRecord } from "./infra-record.ts";
import { podEvent } from "./pod-event.ts";
import { removePods } from "./remove.ts";
import { checkPodVolumes } from "./volume-rules.ts";
import { applicableLimits, hasNoCgroups } from "../container/config/applicable-limits.ts";
import { wantedUserns } from "../container/default-userns.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** Bytes of /dev/shm: 64 MB as Podman counts them (65536k). */
const DEFAULT_SHM = 65_536 * 1024;
const BARE_NAMESPACES = new Set(["ipc", "net", "uts", "pid", "cgroup"]);

/** @throws POD_NAME_IN_USE, POD_INVALID, NETWORK_NOT_FOUND */
export async function createPod(
  ctx: PodContext,
  request: PodRequest,
): Promise<{ id: string; warnings: string[] }> {
  validate(request);
  if (request.replace) await replaceExisting(ctx, request.name);
  const warnings: string[] = [];
  const id = request.id ?? ctx.ids.id();
  const userns = await usernsOf(ctx, request);
  const config = { ...(await withPorts(ctx, resolve(ctx, request, { id, warnings }))), ...userns?.config };
  // One transaction: there is nothing to undo, and nothing that a kill could leave.
  const store: Step = {
    name: "note what was asked for",
    apply: () =>
      ctx.store.transaction(() => {
        const noted = userns?.allot === undefined ? config : { ...config, idMappings: userns.allot() };
        const infra =
          noted.infraId === "" ? undefined : infraRecord(noted, request, ctx.settings.config.runtime);
        ctx.store.pods.add({ phase: "ready", config: noted, state: { stoppedAt: 0 } }, infra);
      }),
  };
  await applyPlan([store], { title: `create pod ${config.name}`, log: ctx.log });
  tellOfInfra(ctx, config, "create");
  ctx.events.write(podEvent(config, "create"));
  return { id, warnings };
}

/** Its code is loaded by those that ask for one, here or in the environment. */
async function usernsOf(
  ctx: PodContext,
  { userns, infra, share }: PodRequest,
): Promise<PodUserns | undefined> {
  const request = wantedUserns(userns, ctx);
  if (request === undefined) return undefined;
  const { choosePodUserns } = await import("./choose-pod-userns.ts");
  const chosen = await choosePodUserns(ctx, request);
  const own = chosen.allot !== undefined || chosen.config.idMappings !== undefined;
  if (own && (!infra || share.length === 0)) {
    throw invalid("a user namespace of a pod's own needs an infra container with a namespace to share");
  }
  return chosen;
}

async function withPorts(ctx: PodContext, config: PodConfig): Promise<PodConfig> {
  if (config.ports.every(({ hostPort }) => hostPort !== 0)) return config;
  const { network } = await ctx.host();
  return { ...config, ports: await network.choosePorts(config.ports) };
}

function validate(request: PodRequest): void {
  if (request.name !== undefined && !NAME.test(request.name)) {
    throw invalid("names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument");
  }
  for (const shared of request.share) {
    if (!BARE_NAMESPACES.has(shared)) {
      throw invalid(
        `invalid kernel namespace to share: ${shared}. Options are: cgroup, ipc, net, pid, uts or none`,
      );
    }
  }
  if (request.infraImage !== undefined) throw refused("--infra-image");
  if (request.infraCommand !== undefined) throw refused("--infra-command");
  if (request.infraConmonPidFile !== undefined) throw refused("--infra-conmon-pidfile");
  if (request.id !== undefined && !/^[0-9a-f]{64}$/.test(request.id)) {
    throw invalid(`invalid pod ID ${JSON.stringify(request.id)}: must be 64 hexadecimal digits`);
  }
  checkPodVolumes(request.volumes ?? []);
  if (!request.infra) validateWithoutInfra(request);
}

function validateWithoutInfra(request: PodRequest): void {
  if (request.ports.length > 0) {
    throw invalid("you must have an infra container to publish port bindings to the host");
  }
  if (request.share.length > 0) {
    throw invalid(`cannot set share(${request.share.join(",")}) namespaces without an infra container`);
  }
  if (request.noHosts) throw invalid("cannot specify --no-hosts without an infra container");
}

function invalid(message: string): EngineError {
  return new EngineError("POD_INVALID", message);
}

function refused(flag: string): EngineError {
  return new EngineError("NOT_IMPLEMENTED", `${flag} is not supported: a pod's sandbox needs no process`, {
    hint: "leave it out; --share pid starts an init process where one is needed",
  });
}

async function replaceExisting(ctx: PodContext, name: string | undefined): Promise<void> {
  if (name === undefined) throw invalid("cannot replace pod without --name being set");
  const existing = ctx.store.pods.findByName(name);
  if (existing === undefined) return;
  const [outcome] = await removePods(ctx, [existing.config.id], { force: true, ignore: true });
  if (outcome?.error !== undefined) throw outcome.error;
}

function resolve(
  ctx: PodContext,
  request: PodRequest,
  { id, warnings }: { id: string; warnings: string[] },
): PodConfig {
  const name = request.name ?? freeName(ctx);
  const network = resolveNetwork(ctx, request);
  const discarded = request.ports.length > 0 && !hasAddresses(network.kind);
  if (discarded) {
    warnings.push(
      `Port mappings have been discarded because "${network.kind}" network namespace mode does not support them`,
    );
  }
  checkSysctls(request, network);
  const unlimited = hasNoCgroups(ctx.settings);
  const limits = applicableLimits(request.limits, {
    settings: ctx.settings,
    accepted: ctx.settings.config.cgroups === "disabled",
    warn: (text) => void warnings.push(text),
  });
  const parent = unlimited ? "" : (request.cgroupParent ?? ctx.settings.cgroup);
  return {
    id,
    name,
    created: ctx.clock.now(),
    createCommand: request.createCommand,
    hostname: request.hostname ?? name,
    share: [...new Set(request.share)].sort(),
    shareParent: request.shareParent,
    infraId: request.infra && request.share.length > 0 ? ctx.ids.id() : "",
    infraCommand: [],
    network,
    ports: discarded ? [] : request.ports,
    dns: request.dns,
    addHost: request.addHost,
    noHosts: request.noHosts,
    noHostname: request.noHostname,
    labels: request.labels,
    mounts: request.mounts,
    exitPolicy: request.exitPolicy,
    sysctls: request.sysctls,
    shmSize: request.shmSize ?? DEFAULT_SHM,
    limits,
    cgroupParent: parent,
    cgroupPath: unlimited ? "" : `${parent.replace(/\/+$/, "")}/${id}`,
    security: request.security,
    ...(request.fullHostname === undefined ? {} : { fullHostname: request.fullHostname }),
    ...(request.restart === undefined ? {} : { restart: request.restart }),
    ...(request.volumes === undefined ? {} : { volumes: request.volumes }),
    ...(request.played === undefined ? {} : { played: request.played }),
    ...(request.job === undefined ? {} : { job: request.job }),
    ...(request.activeDeadline === undefined ? {} : { activeDeadline: request.activeDeadline }),
  };
}

/** Without a namespace of the pod's own they would be set for the host. @throws POD_INVALID */
function checkSysctls({ sysctls, share }: PodRequest, network: NetworkMode): void {
  for (const [key, value] of Object.entries(sysctls)) {
    const kind = sysctlNamespace(key);
    const own = share.includes(kind) && !(kind === "net" && network.kind === "host");
    if (own) continue;
    const shown = kind === "net" ? "Network" : "IPC";
    throw invalid(
      `sysctl ${key}=${value} can't be set since ${shown} Namespace set to host: invalid argument`,
    );
  }
}

/** A network that does not exist is told now, not at the first start. */
function resolveNetwork(ctx: PodContext, request: PodRequest): NetworkMode {
  const network = request.network ?? defaultMode(ctx.settings);
  checkForUser(ctx.settings, network);
  checkPodNetwork(network);
  if (network.kind !== "bridge") return network;
  const { settings, store } = ctx;
  const attachments = resolveAttachments({ settings, networks: store.networks }, network.attachments);
  return { kind: "bridge", attachments };
}

function freeName(ctx: PodContext): string {
  for (let attempt = 0; ; attempt++) {
    const name = ctx.ids.name(attempt);
    if (ctx.store.pods.findByName(name) === undefined) return name;
  }
}
