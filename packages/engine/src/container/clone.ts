/** `container clone`: a new container of another one's configuration. */
import type { CloneContainerRequest } from "@podwright/spec/engine-api/container-copies";
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { cpSync } from "node:fs";
import { cloneName } from "../base/clone-name.ts";
import type { ContainerConfig, ContainerNetwork, ContainerRecord } from "../ports/container-record.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import type { PodConfig } from "../ports/pod-record.ts";
import type { CreateContext } from "./create-context.ts";
import { makeContainer } from "./create.ts";
import { storeDirectory } from "./places.ts";
import { throwFirst } from "../base/outcomes.ts";

export type CloneContext = CreateContext & {
  readonly containers: Pick<ContainersApi, "start" | "remove" | "list">;
};

export interface CloneOptions extends CloneContainerRequest {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Its volumes are the original's. @throws CONTAINER_NOT_FOUND, CONTAINER_NAME_IN_USE, CONTAINER_RUNNING */
export async function cloneContainer(
  ctx: CloneContext,
  nameOrId: string,
  request: CloneOptions,
): Promise<{ id: string; warnings: string[] }> {
  const original = ctx.store.containers.find(nameOrId);
  checkRequest(original, request);
  if (request.destroy && !request.force) await refuseRunning(ctx, original.config.id);
  const warnings: string[] = [];
  const config = await cloned(ctx, original, { request, warnings });
  const image = ctx.store.images.get(config.image.id);
  if (image === undefined)
    throw new EngineError("IMAGE_NOT_KNOWN", `${config.image.rawName}: image not known`);
  const allotIds = await allotment(ctx, config);
  await makeContainer(ctx, config, {
    ...(allotIds === undefined ? {} : { allotIds }),
    image,
    keepSecrets: keepSecretsOf(ctx, original.config),
    startsNow: false,
    signal: request.signal,
  });
  await afterwards(ctx, original.config.id, { id: config.id, request });
  return { id: config.id, warnings };
}

/** Ids that were allotted to the original are its own. */
async function allotment(
  ctx: CloneContext,
  config: ContainerConfig,
): Promise<(() => IdMappings) | undefined> {
  const { autoUserns: mode, image } = config;
  if (mode === undefined) return undefined;
  const { chooseUserns } = await import("./userns/choose-userns.ts");
  const host = await ctx.userns();
  const chooser = { host, store: ctx.store, needed: () => host.highestId(image.id) + 1 };
  return (await chooseUserns(chooser, { mode, uidmap: [], gidmap: [] })).allot;
}

function checkRequest({ config }: ContainerRecord, { name }: CloneOptions): void {
  if (config.infra)
    throw new EngineError("CONTAINER_INVALID", `container ${config.id} is an infra container: clone its pod`);
  if (name !== undefined && !NAME.test(name))
    throw new EngineError(
      "CONTAINER_INVALID",
      "names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument",
    );
}

/** Before anything is made: `rm` would say the same afterwards. */
async function refuseRunning(ctx: CloneContext, id: string): Promise<void> {
  const filters = { id: [id], status: ["running", "paused"] };
  const running = await ctx.containers.list({ all: true, filters, size: false, namespaces: false });
  if (running.length === 0) return;
  throw new EngineError(
    "CONTAINER_RUNNING",
    `cannot remove container ${id} as it is running - running or paused containers cannot be removed ` +
      "without force: container state improper",
  );
}

interface Making {
  readonly request: CloneOptions;
  readonly warnings: string[];
}

async function cloned(
  ctx: CloneContext,
  { config, state }: ContainerRecord,
  { request, warnings }: Making,
): Promise<ContainerConfig> {
  const id = ctx.ids.id();
  const pod = request.pod === undefined ? undefined : (await ctx.sandboxes.forCreate(request.pod)).config;
  const instead = (other: string): string => request.instead?.[other] ?? other;
  const taken = (name: string): boolean => ctx.store.containers.findByName(name) !== undefined;
  const { mode } = config.network;
  const attachments = mode.kind === "bridge" ? (state.attachments ?? mode.attachments) : [];
  const network: ContainerNetwork = {
    ...config.network,
    mode: mode.kind === "bridge" ? { kind: "bridge", attachments } : mode,
    ports: await ctx.choosePorts(
      config.network.ports.map((port) => (port.chosen === true ? { ...port, hostPort: 0 } : port)),
    ),
    // What was made of the id.
    hostname: config.network.hostname === config.id.slice(0, 12) ? id.slice(0, 12) : config.network.hostname,
  };
  const own: ContainerConfig = {
    ...config,
    id,
    name: request.name ?? cloneName(config.name, taken),
    created: ctx.clock.now(),
    ...(request.image === undefined ? {} : { image: await imageOf(ctx, request.image, request) }),
    network,
    namespaces: mapped(config.namespaces, instead),
    dependencies: config.dependencies.map(instead),
    limits: { ...config.limits, ...request.limits },
    log: { ...config.log, path: config.log.path.replace(config.id, id) },
    cidFile: "",
    pidFile: "",
    conmonPidFile: "",
  };
  const joined = pod === undefined ? own : inPod(own, pod, warnings);
  return joined.podId === "" ? joined : { ...joined, created: afterMembers(ctx, joined) };
}

function mapped(
  namespaces: ContainerConfig["namespaces"],
  instead: (id: string) => string,
): ContainerConfig["namespaces"] {
  const one = <M extends { readonly kind: string }>(mode: M): M =>
    mode.kind === "container" && "container" in mode
      ? { ...mode, container: instead(String(mode.container)) }
      : mode;
  const { pid, ipc, uts, cgroup, user } = namespaces;
  return { pid: one(pid), ipc: one(ipc), uts: one(uts), cgroup: one(cgroup), user: one(user) };
}

/** What the pod shares is the pod's, whatever the original had. */
function inPod(config: ContainerConfig, pod: PodConfig, warnings: string[]): ContainerConfig {
  const shares = (kind: PodConfig["share"][number]): boolean => pod.share.includes(kind);
  const of = <M>(kind: "pid" | "ipc" | "uts" | "cgroup", mode: M): M | { readonly kind: "pod" } =>
    shares(kind) ? { kind: "pod" } : mode;
  const { namespaces, network } = config;
  const { mode } = network;
  const joins = shares("net");
  if (joins && mode.kind === "bridge" && config.podId === "") {
    warnings.push(
      "resetting network config, cannot specify a network other than the pod's when sharing the net namespace",
    );
  }
  const shared = pod.network.kind === "host" ? { kind: "host" as const } : { kind: "pod" as const };
  const { idMappings: _own, autoUserns: _allotted, ...rest } = config;
  return {
    ...rest,
    ...(pod.idMappings === undefined ? {} : { idMappings: pod.idMappings }),
    podId: pod.id,
    cgroupParent: pod.shareParent ? pod.cgroupPath : pod.cgroupParent,
    namespaces: {
      pid: of("pid", namespaces.pid),
      ipc: of("ipc", namespaces.ipc),
      uts: of("uts", namespaces.uts),
      cgroup: of("cgroup", namespaces.cgroup),
      user: pod.idMappings === undefined ? { kind: "host" } : { kind: "pod" },
    },
    network: {
      ...network,
      ...(joins ? { mode: shared, ports: [] } : {}),
      hostname: shares("uts") ? pod.hostname : network.hostname,
    },
  };
}

/** Members stand in order of creation: two within a millisecond are told apart. */
function afterMembers(ctx: CloneContext, { podId, created }: ContainerConfig): number {
  const members = ctx.store.containers.list({ podId, includeCreating: true });
  return members.reduce((latest, { config }) => Math.max(latest, config.created + 1), created);
}

async function imageOf(
  ctx: CloneContext,
  reference: string,
  { progress, signal }: CloneOptions,
): Promise<ContainerConfig["image"]> {
  const { record, name } = await ctx.ensureImage({ reference, policy: "missing" }, progress, signal);
  return { id: record.id, name, rawName: reference, digest: record.digest, volumes: volumesOf(record) };
}

function volumesOf({ config }: ImageRecord): string[] {
  return Object.keys(config.config?.Volumes ?? {});
}

function keepSecretsOf(
  ctx: CloneContext,
  { id, secrets }: ContainerConfig,
): ((clone: string) => void) | undefined {
  if (secrets === undefined || secrets.length === 0) return undefined;
  const directory = (owner: string): string => `${storeDirectory(ctx.settings, owner)}/secrets`;
  return (clone) => cpSync(directory(id), directory(clone), { recursive: true, preserveTimestamps: true });
}

/** The clone is there by now, whatever fails. */
async function afterwards(
  { containers }: CloneContext,
  original: string,
  { id, request }: { readonly id: string; readonly request: CloneOptions },
): Promise<void> {
  if (request.destroy) {
    const options = { force: request.force, ignore: true, volumes: false, depend: false };
    throwFirst(await containers.remove({ names: [original], all: false }, options));
  }
  if (request.run) throwFirst(await containers.start({ names: [id], all: false }));
}
