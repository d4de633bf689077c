/** Before a start: looks into the mounted root, fills volumes, writes the files of /etc, and builds the runtime spec. */
import type { RuntimeSeccomp, RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { mkdirSync } from "node:fs";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { LiveFacts } from "./context.ts";
import { etcFiles } from "./etc-files.ts";
import { fillVolumes } from "./fill-volumes.ts";
import { buildRuntimeSpec } from "./oci-spec/build.ts";
import type { LiveContainer } from "./oci-spec/live.ts";
import { loadSeccompProfile, resolveSeccomp } from "./oci-spec/seccomp.ts";
import { sandboxDirectory } from "./places.ts";
import { checkSystemTargets } from "./rootfs/mount-targets.ts";
import { resolveUser } from "./rootfs/user.ts";
import { prepareWorkdir } from "./rootfs/workdir.ts";
import type { SpecContext } from "./spec-context.ts";

/** @throws CONTAINER_USER_UNKNOWN, CONTAINER_WORKDIR_INVALID, CONTAINER_ROOTFS_INVALID, VOLUME_NOT_FOUND */
export async function prepareSpec(
  ctx: SpecContext,
  config: ContainerConfig,
  facts: LiveFacts,
): Promise<RuntimeSpec> {
  checkSystemTargets(ctx.files, facts.rootfs);
  const user = resolveUser(ctx.files, facts.rootfs, config.process);
  const workdir = prepareWorkdir(ctx.files, facts.rootfs, { config, user });
  const volumes = await fillVolumes(ctx, config, { rootfs: facts.rootfs, user });
  const files = await etcFiles(ctx, config, { facts, user });
  const seccomp = await seccompOf(ctx, config);
  const shm = shmPath(ctx, config, facts);
  const joined = joinedNamespaces(config, facts);
  const size = facts.terminalSize;
  const live: LiveContainer = {
    rootfs: facts.rootfs,
    workdir,
    user,
    cgroupsPath: config.cgroups === "disabled" ? "" : facts.cgroupPath,
    files,
    volumes,
    joined,
    facts: { ...pick(ctx), devices: (path) => ctx.facts.devices(path) },
    ...(facts.sandbox === undefined ? {} : { sandbox: facts.sandbox }),
    ...(facts.netnsPath === undefined ? {} : { netnsPath: facts.netnsPath }),
    ...(shm === undefined ? {} : { shmPath: shm }),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(size === undefined ? {} : { consoleSize: { height: size.rows, width: size.columns } }),
  };
  return buildRuntimeSpec(config, live);
}

function pick({ facts }: SpecContext): Omit<LiveContainer["facts"], "devices"> {
  const { cgroupVersion, boundingCapabilities, apparmor } = facts;
  return { cgroupVersion, boundingCapabilities, apparmor };
}

async function seccompOf(ctx: SpecContext, config: ContainerConfig): Promise<RuntimeSeccomp | undefined> {
  const profile = await loadSeccompProfile({
    asked: config.security.seccomp,
    configured: ctx.settings.config.seccompProfile,
    privileged: config.security.privileged,
  });
  if (profile === undefined) return undefined;
  const { arch, kernel } = ctx.facts;
  return resolveSeccomp(profile, { arch, kernel, capabilities: config.capabilities });
}

/** A shareable /dev/shm is a mount of the host, so that another container can have it too. */
function shmPath(ctx: SpecContext, config: ContainerConfig, facts: LiveFacts): string | undefined {
  const { ipc } = config.namespaces;
  if (ipc.kind === "container") return donorShm(ctx, ipc.container);
  if (ipc.kind !== "shareable") return undefined;
  const path = `${facts.sandboxDir}/shm`;
  mkdirSync(path, { recursive: true });
  if (!ctx.mounts.isMounted(path)) ctx.mounts.tmpfs(path, { size: config.shmSize, mode: "1777" });
  return path;
}

function donorShm(ctx: SpecContext, id: string): string {
  const { namespaces, podId } = ctx.store.containers.find(id).config;
  const { ipc } = namespaces;
  if (ipc.kind === "host") return "/dev/shm";
  if (ipc.kind === "container") return donorShm(ctx, ipc.container);
  return `${sandboxDirectory(ctx.settings, ipc.kind === "pod" ? podId : id)}/shm`;
}

function joinedNamespaces(
  config: ContainerConfig,
  { joinedPids }: LiveFacts,
): NonNullable<LiveContainer["joined"]> {
  const { pid, ipc, uts, cgroup } = config.namespaces;
  const modes = { pid, ipc, uts, cgroup, net: config.network.mode };
  const paths = Object.entries(modes).flatMap(([kind, mode]): [string, string][] => {
    const donor = mode.kind === "container" ? joinedPids.get(mode.container) : undefined;
    return donor === undefined ? [] : [[kind, `/proc/${donor}/ns/${kind}`]];
  });
  return Object.fromEntries(paths);
}
