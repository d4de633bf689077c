/** `HostConfig` of `container inspect`. */
import type { InspectDevice, InspectThrottleDevice, InspectWeightDevice } from "./inspect-mount.ts";
import type { InspectPorts } from "./inspect-network.ts";

export interface InspectLogConfig {
  Type: string;
  Config: Record<string, string> | null;
  Path: string;
  Tag: string;
  /** Human: "0B". */
  Size: string;
}

export interface InspectRestartPolicy {
  Name: string;
  MaximumRetryCount: number;
}

export interface InspectUlimit {
  /** "RLIMIT_NOFILE". */
  Name: string;
  Soft: number;
  Hard: number;
}

export interface InspectIdMappings {
  UidMap: string[];
  GidMap: string[];
}

export interface InspectHostConfig {
  Binds: string[];
  CgroupManager?: string;
  CgroupMode: string;
  ContainerIDFile: string;
  LogConfig: InspectLogConfig;
  NetworkMode: string;
  PortBindings: InspectPorts;
  RestartPolicy: InspectRestartPolicy;
  AutoRemove: boolean;
  AutoRemoveImage: boolean;
  Annotations: Record<string, string> | null;
  VolumeDriver: string;
  VolumesFrom: string[] | null;
  CapAdd: string[];
  CapDrop: string[];
  Dns: string[];
  DnsOptions: string[];
  DnsSearch: string[];
  ExtraHosts: string[];
  HostsFile: string;
  GroupAdd: string[];
  IpcMode: string;
  Cgroup: string;
  Cgroups: string;
  Links: string[] | null;
  OomScoreAdj: number;
  PidMode: string;
  Privileged: boolean;
  PublishAllPorts: boolean;
  ReadonlyRootfs: boolean;
  SecurityOpt: string[];
  Tmpfs: Record<string, string>;
  UTSMode: string;
  UsernsMode: string;
  IDMappings?: InspectIdMappings;
  ShmSize: number;
  Runtime: string;
  ConsoleSize: number[];
  Isolation: string;
  CpuShares: number;
  Memory: number;
  NanoCpus: number;
  CgroupParent: string;
  BlkioWeight: number;
  BlkioWeightDevice: InspectWeightDevice[] | null;
  BlkioDeviceReadBps: InspectThrottleDevice[] | null;
  BlkioDeviceWriteBps: InspectThrottleDevice[] | null;
  BlkioDeviceReadIOps: InspectThrottleDevice[] | null;
  BlkioDeviceWriteIOps: InspectThrottleDevice[] | null;
  CpuPeriod: number;
  CpuQuota: number;
  CpuRealtimePeriod: number;
  CpuRealtimeRuntime: number;
  CpusetCpus: string;
  CpusetMems: string;
  Devices: InspectDevice[];
  DiskQuota: number;
  KernelMemory: number;
  MemoryReservation: number;
  MemorySwap: number;
  MemorySwappiness: number;
  OomKillDisable: boolean;
  Init?: boolean;
  PidsLimit: number;
  Ulimits: InspectUlimit[];
  CpuCount: number;
  CpuPercent: number;
  IOMaximumIOps: number;
  IOMaximumBandwidth: number;
  CgroupConf: Record<string, string> | null;
  IntelRdtClosID?: string;
}
