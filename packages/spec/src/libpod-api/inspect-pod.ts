/** `pod inspect` as Podman prints it (podman.md §4.2): every key, in Podman's order. */
import type {
  InspectDevice,
  InspectMount,
  InspectThrottleDevice,
  InspectWeightDevice,
} from "./inspect-mount.ts";
import type { InspectPorts } from "./inspect-network.ts";

export interface InspectPodInfraConfig {
  PortBindings: InspectPorts;
  HostNetwork: boolean;
  StaticIP: string;
  StaticMAC: string;
  NoManageResolvConf: boolean;
  DNSServer: string[] | null;
  DNSSearch: string[] | null;
  DNSOption: string[] | null;
  NoManageHostname: boolean;
  NoManageHosts: boolean;
  HostAdd: string[] | null;
  HostsFile: string;
  Networks: string[] | null;
  NetworkOptions: Record<string, string[]> | null;
  cpu_period?: number;
  cpu_quota?: number;
  cpuset_cpus?: string;
  pid_ns?: string;
  userns?: string;
  uts_ns?: string;
}

export interface InspectPodContainer {
  Id: string;
  Name: string;
  State: string;
  /** Podwright's own. */
  Ready: boolean;
}

/** The Job that the pod is one of. */
export interface InspectPodJob {
  Name: string;
  Status: "Suspended" | "Active" | "Complete" | "Failed";
  /** Kubernetes' word for why it failed. */
  Reason?: string;
  Message?: string;
  Completions?: number;
  Parallelism: number;
  BackoffLimit: number;
  ActiveDeadlineSeconds?: number;
  /** Pods that run, or are about to be restarted. */
  Active: number;
  Succeeded: number;
  /** Runs that failed. */
  Failed: number;
  /** RFC 3339. */
  StartTime?: string;
  CompletionTime?: string;
}

export interface InspectPod {
  Id: string;
  Name: string;
  Namespace?: string;
  /** RFC 3339. */
  Created: string;
  CreateCommand?: string[];
  ExitPolicy?: string;
  State: string;
  Hostname: string;
  Labels?: Record<string, string>;
  CreateCgroup: boolean;
  CgroupParent?: string;
  CgroupPath?: string;
  CreateInfra: boolean;
  InfraContainerID?: string;
  InfraConfig?: InspectPodInfraConfig;
  /** Sorted. */
  SharedNamespaces?: string[];
  NumContainers: number;
  /** Sorted by id, infra included. */
  Containers?: InspectPodContainer[];
  cpu_period?: number;
  cpu_quota?: number;
  cpu_shares?: number;
  cpuset_cpus?: string;
  cpuset_mems?: string;
  mounts?: InspectMount[];
  devices?: InspectDevice[];
  device_read_bps?: InspectThrottleDevice[];
  device_write_bps?: InspectThrottleDevice[];
  volumes_from?: string[];
  security_opt?: string[];
  memory_limit?: number;
  memory_swap?: number;
  blkio_weight?: number;
  blkio_weight_device?: InspectWeightDevice[];
  RestartPolicy?: string;
  LockNumber: number;
  /** Podwright's own: why the engine has ended it. */
  Reason?: string;
  Message?: string;
  /** Podwright's own. */
  Job?: InspectPodJob;
  /** Podwright's own: every container runs, and has passed its startup and readiness probes. */
  Ready: boolean;
}
