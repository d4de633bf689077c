/** From a stored config and what is live to the runtime spec: users, files, volumes, then the pure part. */
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { mkdirSync } from "node:fs";
import type { ContainerConfig } from "../ports/container-record.ts";
import { refuseRoot } from "./config/non-root.ts";
import type { LiveFacts } from "./context.ts";
import { buildRuntimeSpec } from "./oci-spec/build.ts";
import type { LiveContainer } from "./oci-spec/live.ts";
import { loadSeccompProfile, resolveSeccomp } from "./oci-spec/seccomp.ts";
import { sandboxDirectory } from "./places.ts";
import type { PrepareContext } from "./prepare-context.ts";
import type { SecretOwners } from "./secrets.ts";
import { prepareFiles } from "./prepare-files.ts";
import { prepareStandIns } from "./prepare-stand-ins.ts";
import { prepareVolumes } from "./prepare-volumes.ts";
import { checkSystemTargets } from "./rootfs/mount-targets.ts";
import { type ResolvedUser, resolveUser } from "./rootfs/user.ts";
import { prepareWorkdir } from "./rootfs/workdir.ts";
import type { MappedOwners } from "./userns/mapped-owners.ts";

/** @throws CONTAINER_USER_UNKNOWN, CONTAINER_WORKDIR_INVALID, CONTAINER_ROOTFS_INVALID, VOLUME_NOT_FOUND */
export async function prepareSpec(
  ctx: PrepareContext,
  stored: ContainerConfig,
  live: LiveFacts,
): Promise<RuntimeSpec> {
  const { rootfs } = live;
  const named = stored.sandboxEnv === undefined ? stored : await withFacts(ctx, stored, live);
  const { config, secrets } = await withSecrets(ctx, named);
  checkSystemTargets(ctx.files, rootfs);
  if (config.hostAccount !== undefined) await nameHostUser(ctx, config, rootfs);
  const user = resolveUser(ctx.files, rootfs, config.process);
  if (config.runAsNonRoot === true) refuseRoot(config.name, user.uid);
  const mapped = await mappedOwners(ctx, config, user);
  const owner = mapped?.owner ?? user;
  const volumes = await prepareVolumes(ctx, config, { rootfs, user: owner, ...mapped });
  const standIns = await prepareStandIns(ctx, config, { live, user: owner, volumes });
  const files = await prepareFiles(ctx, config, { live, user });
  mapped?.giveFiles(files, live.sandboxDir);
  const workdir = prepareWorkdir(mapped?.files ?? ctx.files, rootfs, { config, user: owner });
  const seccomp = await seccompOf(ctx, config);
  const shmPath = sharedMemory(ctx, config, live, mapped?.root);
  const size = live.terminalSize;
  const facts: LiveContainer["facts"] = {
    cgroupVersion: ctx.facts.cgroupVersion,
    boundingCapabilities: ctx.facts.boundingCapabilities,
    apparmor: ctx.facts.apparmor,
    userNamespace: ctx.facts.userNamespace,
    messageQueues: ctx.facts.messageQueues,
    hasGroup: (gid) => ctx.facts.hasGroup(gid),
    devices: (path) => ctx.facts.devices(path),
  };
  return buildRuntimeSpec(config, {
    rootfs: live.rootForRuntime ?? rootfs,
    workdir,
    user,
    cgroupsPath: config.cgroups === "disabled" ? "" : live.cgroupPath,
    ...(live.sandbox === undefined ? {} : { sandbox: live.sandbox }),
    ...(live.netnsPath === undefined ? {} : { netnsPath: live.netnsPath }),
    joined: joinedNamespaces(config, live),
    ...usernsPath(config, live),
    ...(shmPath === undefined ? {} : { shmPath }),
    files,
    volumes,
    standIns,
    secrets,
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(size === undefined ? {} : { consoleSize: { height: size.rows, width: size.columns } }),
    facts,
  });
}

/** Loaded by those that keep an ordinary user's ids. */
async function nameHostUser(ctx: PrepareContext, config: ContainerConfig, rootfs: string): Promise<void> {
  const { nameHostAccount } = await import("./userns/name-host-account.ts");
  await nameHostAccount(ctx.files, config, rootfs);
}

/** Loaded by those in a user namespace. */
async function mappedOwners(
  ctx: PrepareContext,
  { idMappings }: ContainerConfig,
  user: ResolvedUser,
): Promise<MappedOwners | undefined> {
  if (idMappings === undefined) return undefined;
  const { ownersOutside } = await import("./userns/mapped-owners.ts");
  return ownersOutside(ctx.files, idMappings, user);
}

function usernsPath(config: ContainerConfig, live: LiveFacts): Pick<LiveContainer, "usernsPath"> {
  const { user } = config.namespaces;
  if (config.idMappings === undefined) return {};
  if (user.kind === "private") return { usernsPath: `${live.sandboxDir}/user` };
  if (user.kind === "path") return { usernsPath: user.path };
  if (user.kind === "container") return { usernsPath: namespacePath(live, user.container, "user") };
  return live.sandbox?.usernsPath === undefined ? {} : { usernsPath: live.sandbox.usernsPath };
}

/** Loaded by those that ask for it. */
async function withFacts(
  ctx: PrepareContext,
  config: ContainerConfig,
  live: LiveFacts,
): Promise<ContainerConfig> {
  const { withSandboxEnv } = await import("./sandbox-env.ts");
  return withSandboxEnv(ctx, config, interfacesOf(config, live));
}

async function withSecrets(
  ctx: PrepareContext,
  config: ContainerConfig,
): Promise<{ config: ContainerConfig; secrets: LiveContainer["secrets"] }> {
  if (config.secrets === undefined) return { config, secrets: {} };
  const { giveSecretFiles, withSecretEnv } = await import("./secrets.ts");
  const owners = await secretOwners(config);
  return { config: withSecretEnv(ctx.settings, config), secrets: giveSecretFiles(ctx, config, owners) };
}

async function secretOwners({ idMappings }: ContainerConfig): Promise<SecretOwners | undefined> {
  if (idMappings === undefined) return undefined;
  const { ownerOutside } = await import("./userns/mapped-owners.ts");
  return (owner) => ownerOutside(idMappings, owner);
}

function interfacesOf({ network }: ContainerConfig, live: LiveFacts): LiveFacts["interfaces"] {
  return network.mode.kind === "pod" ? (live.sandbox?.interfaces ?? []) : live.interfaces;
}

async function seccompOf(ctx: PrepareContext, config: ContainerConfig): Promise<LiveContainer["seccomp"]> {
  const profile = await loadSeccompProfile({
    asked: config.security.seccomp,
    configured: ctx.settings.config.seccompProfile,
    privileged: config.security.privileged,
  });
  if (profile === undefined) return undefined;
  const { arch, kernel } = ctx.facts;
  return resolveSeccomp(profile, { arch, kernel, capabilities: config.capabilities });
}

/** A shareable /dev/shm is a mount of the host's side, so that another container can be given the same one. */
function sharedMemory(
  ctx: PrepareContext,
  config: ContainerConfig,
  live: LiveFacts,
  owner?: MappedOwners["root"],
): string | undefined {
  const { ipc } = config.namespaces;
  if (ipc.kind === "container") return donorMemory(ctx, ipc.container);
  if (ipc.kind !== "shareable") return undefined;
  const path = `${live.sandboxDir}/shm`;
  mkdirSync(path, { recursive: true });
  if (!ctx.mounts.isMounted(path)) {
    ctx.mounts.tmpfs(path, { size: config.shmSize, mode: "1777", ...(owner === undefined ? {} : { owner }) });
  }
  return path;
}

/** The donor may itself have the host's, its pod's, or that of a third container. */
function donorMemory(ctx: PrepareContext, id: string): string {
  const { namespaces, podId } = ctx.store.containers.find(id).config;
  const { ipc } = namespaces;
  if (ipc.kind === "host") return "/dev/shm";
  if (ipc.kind === "container") return donorMemory(ctx, ipc.container);
  return `${sandboxDirectory(ctx.settings, ipc.kind === "pod" ? podId : id)}/shm`;
}

const KINDS = ["pid", "ipc", "uts", "cgroup"] as const;

function joinedNamespaces(config: ContainerConfig, live: LiveFacts): NonNullable<LiveContainer["joined"]> {
  const joined: Partial<Record<"pid" | "ipc" | "uts" | "net" | "cgroup", string>> = {};
  for (const kind of KINDS) {
    const mode = config.namespaces[kind];
    if (mode.kind === "container") joined[kind] = namespacePath(live, mode.container, kind);
    // `--share pid`: the pod's PID namespace is that of the process that holds it.
    if (mode.kind === "pod" && kind === "pid" && live.sandbox?.pidNamespacePath !== undefined) {
      joined[kind] = live.sandbox.pidNamespacePath;
    }
  }
  const { mode } = config.network;
  if (mode.kind === "container") joined.net = namespacePath(live, mode.container, "net");
  return joined;
}

function namespacePath(live: LiveFacts, container: string, kind: string): string {
  const pid = live.joinedPids.get(container);
  if (pid === undefined) throw new Error(`no process is known of container ${container}`);
  return `/proc/${pid}/ns/${kind}`;
}
