/** `mounts` of the runtime spec: what every Linux container has, the engine's own files, the user's mounts. */
import { isWithin } from "@podwright/spec/values/container-path";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isIdmapOption } from "@podwright/spec/values/idmap-option";
import type { RuntimeMount } from "@podwright/spec/oci-runtime/spec";
import type { ContainerConfig, ContainerMount } from "../../ports/container-record.ts";
import type { LiveContainer } from "./live.ts";
import { isCgroupWritable } from "./security.ts";

/** Where `--init` binds its program. */
export const INIT_PATH = "/run/podman-init";
/** By convention of all distributions. */
const TTY_GROUP = 5;

/** A mount of the user's takes the place of one of ours at the same path; parents come before children. */
export function buildMounts(config: ContainerConfig, live: LiveContainer): RuntimeMount[] {
  const user = config.mounts.map((mount) => userMount(mount, live));
  const taken = new Set(user.map((mount) => mount.destination));
  // A bind of the host's /dev, /proc or /sys brings all that is below: ours would hide it.
  const replaced = config.mounts.filter((m) => m.kind === "bind").map((m) => m.destination);
  const system = systemMounts(config, live).filter(
    ({ destination }) =>
      !taken.has(destination) && !replaced.some((directory) => isWithin(destination, directory)),
  );
  const files = fileMounts(config, live).filter((mount) => !taken.has(mount.destination));
  const scratch = scratchMounts(config).filter((mount) => !taken.has(mount.destination));
  const others = [...scratch, ...files, ...user];
  return [...system, ...others.sort((a, b) => (a.destination < b.destination ? -1 : 1))];
}

function systemMounts(config: ContainerConfig, live: LiveContainer): RuntimeMount[] {
  const { privileged, procOptions } = config.security;
  const readOnlyDev = config.rootfs.readOnly && !config.rootfs.readOnlyTmpfs;
  // A user without subordinate ids has but one group, a small user namespace not all.
  const ttyGroup = hasTerminals(config, live) ? [`gid=${TTY_GROUP}`] : [];
  const noExec = ["nosuid", "noexec", "nodev"];
  const cgroup = isCgroupWritable(config, live.facts.cgroupVersion) ? "rw" : "ro";
  return showHosts(config, live, [
    {
      destination: "/proc",
      type: "proc",
      source: "proc",
      options: procOptions.length > 0 ? [...procOptions] : noExec,
    },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k", ...(readOnlyDev ? ["ro"] : [])],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", ...ttyGroup],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: noExec },
    {
      destination: "/sys",
      type: "sysfs",
      source: "sysfs",
      options: ["rprivate", ...noExec, privileged ? "rw" : "ro"],
    },
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: ["rprivate", ...noExec, "relatime", cgroup],
    },
    ...shmMount(config, live),
  ]);
}

function hasTerminals({ idMappings }: ContainerConfig, { facts }: LiveContainer): boolean {
  if (idMappings === undefined) return facts.hasGroup(TTY_GROUP);
  return idMappings.gid.some(({ inside, size }) => inside <= TTY_GROUP && TTY_GROUP < inside + size);
}

/** A user namespace may mount these for namespaces of its own; the host's are shown as the host has them. */
function showHosts(config: ContainerConfig, live: LiveContainer, mounts: RuntimeMount[]): RuntimeMount[] {
  if (!live.facts.userNamespace && config.idMappings === undefined) return mounts;
  const { pid, ipc } = config.namespaces;
  const hosts = new Set([
    ...(pid.kind === "host" ? ["/proc"] : []),
    ...(ipc.kind === "host" ? ["/dev/mqueue"] : []),
    ...(config.network.mode.kind === "host" ? ["/sys"] : []),
  ]);
  return mounts
    .filter(({ type }) => type !== "mqueue" || ipc.kind !== "host" || live.facts.messageQueues)
    .map((mount) => (hosts.has(mount.destination) ? asHostHasIt(mount) : mount));
}

function asHostHasIt({ destination, options = [] }: RuntimeMount): RuntimeMount {
  const kept = options.filter((option) => option !== "rprivate");
  return { destination, type: "bind", source: destination, options: ["rbind", "rprivate", ...kept] };
}

function shmMount(config: ContainerConfig, live: LiveContainer): RuntimeMount[] {
  const readOnly = config.rootfs.readOnly && !config.rootfs.readOnlyTmpfs;
  const options = ["nosuid", "noexec", "nodev", ...(readOnly ? ["ro"] : [])];
  const bind = (source: string): RuntimeMount[] => [
    { destination: "/dev/shm", type: "bind", source, options: ["bind", "rprivate", ...options] },
  ];
  const { ipc } = config.namespaces;
  if (ipc.kind === "none") return [];
  if (ipc.kind === "host") return bind("/dev/shm");
  if (ipc.kind === "pod" && live.sandbox !== undefined && live.sandbox.shmPath !== "") {
    return bind(live.sandbox.shmPath);
  }
  if (live.shmPath !== undefined) return bind(live.shmPath);
  return [
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...options, "mode=1777", `size=${config.shmSize}`],
    },
  ];
}

/** `--read-only` leaves places for what programs must write. */
function scratchMounts(config: ContainerConfig): RuntimeMount[] {
  if (!config.rootfs.readOnly || !config.rootfs.readOnlyTmpfs) return [];
  return ["/run", "/tmp", "/var/tmp"].map((destination) => ({
    destination,
    type: "tmpfs",
    source: "tmpfs",
    options: ["rw", "rprivate", "nosuid", "nodev", "tmpcopyup"],
  }));
}

function fileMounts(config: ContainerConfig, live: LiveContainer): RuntimeMount[] {
  const access = config.rootfs.readOnly && !config.rootfs.readOnlyTmpfs ? ["ro"] : [];
  const bound = (destination: string, source: string, options: readonly string[]): RuntimeMount => ({
    destination,
    type: "bind",
    source,
    options: ["bind", "rprivate", ...options],
  });
  const { init, initPath, timezone } = config.process;
  return [
    ...Object.entries(live.files).map(([destination, source]) => bound(destination, source, access)),
    ...Object.entries(live.secrets).map(([path, source]) =>
      bound(path, source, ["ro", "nosuid", "nodev", "noexec"]),
    ),
    ...(init ? [bound(INIT_PATH, initPath, ["ro"])] : []),
    ...(timezone === "" ? [] : [bound("/etc/localtime", timezonePath(timezone), ["ro"])]),
  ];
}

/** The host's file of a time zone's name; "local" is the host's own zone. */
export function timezonePath(timezone: string): string {
  return timezone === "local" ? "/etc/localtime" : `/usr/share/zoneinfo/${timezone}`;
}

/** What only the engine understands. */
const OWN_OPTIONS: readonly string[] = ["nocopy", "copy", "O", "U"];

function userMount(mount: ContainerMount, live: LiveContainer): RuntimeMount {
  const { kind, destination } = mount;
  const options = mount.options.filter((option) => !OWN_OPTIONS.includes(option) && !isIdmapOption(option));
  const standIn = live.standIns[destination];
  if (standIn !== undefined)
    return { destination, type: "bind", source: standIn, options: bindOptions(options) };
  switch (kind) {
    case "bind":
      return { destination, type: "bind", source: mount.source, options };
    case "volume":
      return { destination, type: "bind", source: volumePath(mount, live), options };
    case "tmpfs":
    case "ramfs":
      return { destination, type: kind, source: kind, options };
    case "devpts":
      return { destination, type: "devpts", source: "devpts", options };
    case "image":
      throw new Error(`nothing stands in for image ${mount.source} at ${destination}`);
    case "pod-volume":
      return { destination, type: "bind", source: podVolumePath(mount, live), options };
    default:
      return kind satisfies never;
  }
}

function bindOptions(options: readonly string[]): string[] {
  const has = (name: string): boolean => options.includes(name);
  return [...options, ...(has("bind") || has("rbind") ? [] : ["rbind", "rprivate"])];
}

function volumePath(mount: ContainerMount, live: LiveContainer): string {
  const path = live.volumes[mount.source];
  if (path !== undefined) return path;
  throw new EngineError("VOLUME_NOT_FOUND", `no volume with name "${mount.source}" found: no such volume`);
}

function podVolumePath(mount: ContainerMount, { sandbox }: LiveContainer): string {
  const path = sandbox?.volumePaths[mount.source];
  if (path !== undefined) return path;
  throw new EngineError("CONTAINER_INVALID", `${mount.source}: the pod has no volume of that name`);
}

/** The root's propagation must not be narrower than what a mount asks for. */
export function rootPropagation(mounts: readonly RuntimeMount[]): string | undefined {
  const options = new Set(mounts.flatMap((mount) => mount.options ?? []));
  if (options.has("shared") || options.has("rshared")) return "shared";
  if (options.has("slave") || options.has("rslave")) return "slave";
  return undefined;
}
