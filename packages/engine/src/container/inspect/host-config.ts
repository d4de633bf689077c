/** `HostConfig` of `container inspect`. */
import type { Limits } from "@podwright/spec/engine-api/common";
import type {
  InspectHostConfig,
  InspectIdMappings,
  InspectLogConfig,
  InspectUlimit,
} from "@podwright/spec/libpod-api/inspect-host-config";
import type { IdMapping, IdMappings } from "@podwright/spec/values/id-map";
import { NO_RESTART } from "@podwright/spec/values/restart-policy";
import type { InspectDevice } from "@podwright/spec/libpod-api/inspect-mount";
import type { ContainerConfig, ContainerMount } from "../../ports/container-record.ts";
import { hasAddresses } from "../../network/own-network.ts";
import type { ContainerViewContext } from "../view-context.ts";
import { mapOrNull } from "./config.ts";
import { fullOptions, inOrder } from "./mounts.ts";
import { namespaceMode, networkMode } from "./namespace-modes.ts";
import { portBindings } from "./ports.ts";
import { shownMounts } from "./shown-mounts.ts";
import { securityOptions } from "./security-options.ts";
import type { Subject } from "./subject.ts";

export function hostConfigJson(
  ctx: Pick<ContainerViewContext, "settings">,
  { record, pod, places }: Subject,
): InspectHostConfig {
  const { config } = record;
  const { network, namespaces, process } = config;
  const infraId = pod?.config.infraId ?? "";
  const own = config.infra ? (pod?.config.network.kind ?? "none") : network.mode.kind;
  const ports = config.infra ? (pod?.config.ports ?? []) : network.ports;
  return {
    Binds: binds(shownMounts(ctx, config, pod)),
    CgroupManager: "cgroupfs",
    CgroupMode: namespaceMode(namespaces.cgroup, infraId),
    ContainerIDFile: config.cidFile,
    LogConfig: logConfig(config, places.log),
    NetworkMode: networkMode({ record, pod }),
    PortBindings: hasAddresses(own) ? portBindings(ports) : {},
    RestartPolicy: restartPolicy(config),
    AutoRemove: config.autoRemove,
    AutoRemoveImage: false,
    Annotations: mapOrNull(config.annotations),
    VolumeDriver: "",
    VolumesFrom: null,
    ...capabilityChanges(config, ctx.settings.config.defaultCapabilities),
    Dns: [...(network.dns.servers ?? [])],
    DnsOptions: [...(network.dns.options ?? [])],
    DnsSearch: [...(network.dns.search ?? [])],
    ExtraHosts: [...network.addHost],
    HostsFile: "",
    GroupAdd: [...process.groupAdd],
    IpcMode: namespaceMode(namespaces.ipc, infraId),
    Cgroup: "",
    Cgroups: config.cgroups === "disabled" ? "disabled" : "default",
    Links: null,
    OomScoreAdj: process.oomScoreAdj ?? 0,
    PidMode: namespaceMode(namespaces.pid, infraId),
    Privileged: config.security.privileged,
    PublishAllPorts: network.publishAll,
    ReadonlyRootfs: config.rootfs.readOnly,
    SecurityOpt: securityOptions(config.security),
    Tmpfs: tmpfs(config.mounts),
    UTSMode: namespaceMode(namespaces.uts, infraId),
    UsernsMode: namespaces.user.kind === "host" ? "" : namespaceMode(namespaces.user, infraId),
    ...(config.idMappings === undefined ? {} : { IDMappings: idMappingsJson(config.idMappings) }),
    ShmSize: config.shmSize,
    Runtime: "oci",
    ConsoleSize: [0, 0],
    Isolation: "",
    ...limitsJson(config, ctx.settings.cgroup),
    ...(process.init ? { Init: true } : {}),
    PidsLimit: config.limits.pids ?? 0,
    Ulimits: config.ulimits.map(ulimitJson),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    CgroupConf: null,
  };
}

function idMappingsJson({ uid, gid }: IdMappings): InspectIdMappings {
  const shown = (mappings: readonly IdMapping[]): string[] =>
    mappings.map(({ inside, outside, size }) => `${inside}:${outside}:${size}`);
  return { UidMap: shown(uid), GidMap: shown(gid) };
}

function restartPolicy({ restart = NO_RESTART }: ContainerConfig): InspectHostConfig["RestartPolicy"] {
  return { Name: restart.name, MaximumRetryCount: restart.maximumRetries };
}

/** `source:destination:options`, volumes first. */
function binds(mounts: readonly ContainerMount[]): string[] {
  return inOrder(mounts)
    .filter((mount) => mount.kind === "volume" || mount.kind === "bind")
    .map((mount) => {
      const options = fullOptions(mount);
      if (!options.includes("ro") && !options.includes("rw")) options.unshift("rw");
      return `${mount.source}:${mount.destination}:${options.join(",")}`;
    });
}

function tmpfs(mounts: readonly ContainerMount[]): Record<string, string> {
  return Object.fromEntries(
    mounts
      .filter((mount) => mount.kind === "tmpfs")
      .map((mount) => [mount.destination, mount.options.join(",")]),
  );
}

function logConfig({ log }: ContainerConfig, path: string): InspectLogConfig {
  return {
    Type: log.driver,
    Config: mapOrNull(log.options),
    Path: path,
    Tag: log.tag,
    Size: decimalSize(log.maxSize),
  };
}

/** "10MB", as Docker's units write it: four significant digits, powers of 1000. */
function decimalSize(bytes: number): string {
  if (bytes <= 0) return "0B";
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), 5);
  return `${Number((bytes / 1000 ** power).toPrecision(4))}${["B", "kB", "MB", "GB", "TB", "PB"][power]}`;
}

/** What differs from the defaults of this configuration; a privileged container has nothing added or dropped. */
function capabilityChanges(
  config: ContainerConfig,
  defaults: readonly string[],
): { CapAdd: string[]; CapDrop: string[] } {
  if (config.security.privileged || config.infra) return { CapAdd: [], CapDrop: [] };
  return {
    CapAdd: config.capabilities.filter((name) => !defaults.includes(name)),
    CapDrop: defaults.filter((name) => !config.capabilities.includes(name)).sort(),
  };
}

function ulimitJson(ulimit: ContainerConfig["ulimits"][number]): InspectUlimit {
  return { Name: `RLIMIT_${ulimit.name.toUpperCase()}`, Soft: ulimit.soft, Hard: ulimit.hard };
}

type LimitKeys =
  | "CpuShares"
  | "Memory"
  | "NanoCpus"
  | "CgroupParent"
  | "BlkioWeight"
  | "BlkioWeightDevice"
  | "BlkioDeviceReadBps"
  | "BlkioDeviceWriteBps"
  | "BlkioDeviceReadIOps"
  | "BlkioDeviceWriteIOps"
  | "CpuPeriod"
  | "CpuQuota"
  | "CpuRealtimePeriod"
  | "CpuRealtimeRuntime"
  | "CpusetCpus"
  | "CpusetMems"
  | "Devices"
  | "DiskQuota"
  | "KernelMemory"
  | "MemoryReservation"
  | "MemorySwap"
  | "MemorySwappiness"
  | "OomKillDisable";

function limitsJson(config: ContainerConfig, storeCgroup: string): Pick<InspectHostConfig, LimitKeys> {
  const { limits } = config;
  const weights = limits.blkioWeight === undefined ? null : [];
  return {
    CpuShares: limits.cpuShares ?? 0,
    Memory: limits.memory ?? 0,
    NanoCpus: nanoCpus(limits),
    // The store's own parent is the default, and as in Podman the default is not shown.
    CgroupParent: config.cgroupParent === storeCgroup ? "" : config.cgroupParent,
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioWeightDevice: weights,
    BlkioDeviceReadBps: weights,
    BlkioDeviceWriteBps: weights,
    BlkioDeviceReadIOps: weights,
    BlkioDeviceWriteIOps: weights,
    CpuPeriod: limits.cpuPeriod ?? 0,
    CpuQuota: limits.cpuQuota ?? 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: limits.cpusetCpus ?? "",
    CpusetMems: limits.cpusetMems ?? "",
    Devices: config.security.privileged ? [] : config.devices.map(deviceJson),
    DiskQuota: 0,
    KernelMemory: 0,
    MemoryReservation: limits.memoryReservation ?? 0,
    MemorySwap: limits.memorySwap ?? 0,
    MemorySwappiness: limits.memorySwappiness ?? (hasMemoryLimit(limits) ? -1 : 0),
    OomKillDisable: false,
  };
}

/** Known only for the usual period of 100 ms, as in Podman. */
function nanoCpus(limits: Limits): number {
  return limits.cpuPeriod === 100_000 ? 10_000 * (limits.cpuQuota ?? 0) : 0;
}

function hasMemoryLimit(limits: Limits): boolean {
  return (
    limits.memory !== undefined || limits.memorySwap !== undefined || limits.memoryReservation !== undefined
  );
}

/** `/dev/x[:/dev/y][:rwm]`; as in Podman, permissions are not shown. */
function deviceJson(device: string): InspectDevice {
  const [host = "", second = ""] = device.split(":");
  return {
    PathOnHost: host,
    PathInContainer: second.startsWith("/") ? second : host,
    CgroupPermissions: "",
  };
}
