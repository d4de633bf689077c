/** `pod clone`: a new pod of another one's configuration, with clones of its containers. */
import type { ClonePodRequest, PodRequest } from "@podwright/spec/engine-api/pods";
import type { IdMapping } from "@podwright/spec/values/id-map";
import { cloneName } from "../base/clone-name.ts";
import type { PodConfig, PodRecord } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";
import { createPod } from "./create.ts";
import { removePods } from "./remove.ts";
import { membersOf } from "./select.ts";
import { startPods } from "./start.ts";
import { throwFirst } from "../base/outcomes.ts";

/** Gives the new pod's id. Nothing is left of a clone that fails. @throws POD_NOT_FOUND, POD_NAME_IN_USE */
export async function clonePod(ctx: PodContext, nameOrId: string, request: ClonePodRequest): Promise<string> {
  const original = ctx.store.pods.find(nameOrId);
  const taken = (name: string): boolean => ctx.store.pods.findByName(name) !== undefined;
  const name = request.name ?? cloneName(original.config.name, taken);
  const { id } = await createPod(ctx, { ...changed(requestOf(original), request), name });
  try {
    await cloneMembers(ctx, original.config, id);
  } catch (error) {
    await removePods(ctx, [id], { force: true, ignore: true });
    throw error;
  }
  if (request.destroy) {
    throwFirst(await removePods(ctx, [original.config.id], { force: true, ignore: true }));
  }
  if (request.start) throwFirst(await startPods(ctx, { names: [id], all: false }));
  return id;
}

/** Labels, limits and mounts are added to the original's, all else takes its place. */
function changed(
  own: Omit<PodRequest, "createCommand">,
  { change, createCommand }: ClonePodRequest,
): PodRequest {
  const replaced = new Set(change.mounts?.map(({ destination }) => destination));
  return {
    ...own,
    ...change,
    createCommand,
    labels: { ...own.labels, ...change.labels },
    limits: { ...own.limits, ...change.limits },
    mounts: [...own.mounts.filter(({ destination }) => !replaced.has(destination)), ...(change.mounts ?? [])],
  };
}

/** What its creation could have been asked for; where the engine chose, it chooses again. */
function requestOf({ config, state }: PodRecord): Omit<PodRequest, "createCommand"> {
  const { network, ports, hostname, name, infraId } = config;
  return {
    replace: false,
    share: config.share,
    shareParent: config.shareParent,
    infra: infraId !== "",
    ...(hostname === name ? {} : { hostname }),
    ...(config.fullHostname === undefined ? {} : { fullHostname: config.fullHostname }),
    addHost: config.addHost,
    noHosts: config.noHosts,
    noHostname: config.noHostname,
    dns: config.dns,
    network:
      network.kind === "bridge"
        ? { kind: "bridge", attachments: state.attachments ?? network.attachments }
        : network,
    ports: ports.map((port) => (port.chosen === true ? { ...port, hostPort: 0 } : port)),
    labels: config.labels,
    mounts: config.mounts,
    exitPolicy: config.exitPolicy,
    sysctls: config.sysctls,
    shmSize: config.shmSize,
    limits: config.limits,
    cgroupParent: config.cgroupParent,
    security: config.security,
    ...(config.idMappings === undefined ? {} : { userns: sameUserns(config) }),
    ...(config.restart === undefined ? {} : { restart: config.restart }),
    ...(config.volumes === undefined ? {} : { volumes: config.volumes }),
  };
}

/** By its maps: what is alive of a user namespace may be shared. */
function sameUserns({ idMappings, usernsPath, autoUserns }: PodConfig): NonNullable<PodRequest["userns"]> {
  if (usernsPath !== undefined) return { mode: `ns:${usernsPath}`, uidmap: [], gidmap: [] };
  if (autoUserns !== undefined) return { mode: autoUserns, uidmap: [], gidmap: [] };
  const shown = (mappings: readonly IdMapping[] = []): string[] =>
    mappings.map(({ inside, outside, size }) => `${inside}:${outside}:${size}`);
  return { uidmap: shown(idMappings?.uid), gidmap: shown(idMappings?.gid) };
}

/** In order of creation, so that those which others refer to are there first. */
async function cloneMembers(ctx: PodContext, original: PodConfig, pod: string): Promise<void> {
  const containers = await ctx.containers();
  const instead: Record<string, string> = {};
  for (const member of await membersOf(ctx, original.id)) {
    const request = { pod, instead, limits: {}, destroy: false, force: false, run: false };
    const { id } = await containers.clone(member.id, request, () => {});
    instead[member.id] = id;
  }
}
