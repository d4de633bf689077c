/** Pods: what callers may ask and what they are told. */
import type { InspectPod } from "../libpod-api/inspect-pod.ts";
import type {
  DnsOptions,
  Filters,
  Labels,
  Limits,
  NetworkMode,
  Outcome,
  PortMapping,
  Updated,
} from "./common.ts";
import type {
  ContainerStatus,
  LogsOptions,
  MountRequest,
  RestartPolicy,
  SecurityRequest,
  UsernsRequest,
  Selection,
  StopOptions,
} from "./containers.ts";
import type { LogBatch } from "./log-batch.ts";

export type SharedNamespace = "ipc" | "net" | "pid" | "uts" | "cgroup";
export type ExitPolicy = "continue" | "stop";

/** A volume that lives as long as its pod does; members mount it by name (MountRequest of kind `pod-volume`). */
export interface PodVolume {
  readonly name: string;
  readonly content: /** On disk, empty at first. */
    | { readonly kind: "directory" }
    /** tmpfs; bytes, absent for the kernel's half of memory. */
    | { readonly kind: "memory"; readonly size?: number }
    /** tmpfs with these files, made anew each time that the sandbox comes up; members cannot write to it. */
    | { readonly kind: "files"; readonly files: readonly PodVolumeFile[] };
  /** The group it belongs to, which may write (`securityContext.fsGroup`). */
  readonly fsGroup?: number;
}

export interface PodVolumeFile {
  /** Relative, without `.` and `..` parts. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Base64. */
  readonly data: string;
}

/** What a manifest said of a pod, kept for `kube generate`: the objects as they were played, null members left out. */
export interface PlayedManifest {
  /** The workload first, then what it refers to (claims, ConfigMaps, Secrets), as data. */
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  /** Options of the command line that changed what was played: "--publish 8080:80". */
  readonly options: readonly string[];
  /** What `update` has made other than the manifest says: "its ports have changed". */
  readonly changed?: string;
}

/** The Job that a pod is one of, and which of its pods. */
export interface JobPlace {
  readonly id: string;
  /** From 0. */
  readonly index: number;
}

export interface PodRequest {
  /** 64 hex; absent: a random one. */
  readonly id?: string;
  readonly name?: string;
  readonly createCommand: readonly string[];
  readonly replace: boolean;
  readonly share: readonly SharedNamespace[];
  readonly shareParent: boolean;
  readonly infra: boolean;
  readonly infraName?: string;
  readonly infraImage?: string;
  readonly infraCommand?: readonly string[];
  readonly infraConmonPidFile?: string;
  readonly hostname?: string;
  /** The full name in front of it in /etc/hosts (Kubernetes' subdomain): what `hostname -f` says. */
  readonly fullHostname?: string;
  readonly addHost: readonly string[];
  readonly noHosts: boolean;
  readonly noHostname: boolean;
  readonly dns: DnsOptions;
  readonly network?: NetworkMode;
  readonly ports: readonly PortMapping[];
  readonly labels: Labels;
  readonly mounts: readonly MountRequest[];
  readonly exitPolicy: ExitPolicy;
  readonly sysctls: Labels;
  readonly shmSize?: number;
  readonly limits: Limits;
  readonly cgroupParent?: string;
  readonly security: SecurityRequest;
  /** Absent: the environment's, or the host's. */
  readonly userns?: UsernsRequest;
  readonly restart?: RestartPolicy;
  readonly volumes?: readonly PodVolume[];
  readonly played?: PlayedManifest;
  readonly job?: JobPlace;
  /** Seconds that it may run for; then its containers are stopped. */
  readonly activeDeadline?: number;
}

export type PodStatus = "Created" | "Running" | "Degraded" | "Paused" | "Exited" | "Stopped" | "Error";

/** A row of `pod ps`. */
export interface PodSummary {
  readonly id: string;
  readonly name: string;
  readonly status: PodStatus;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly infraId: string;
  readonly cgroup: string;
  readonly labels: Labels;
  readonly networks: readonly string[];
  readonly containers: readonly PodMember[];
  /** Every container runs and has passed its readiness and startup probes. */
  readonly ready: boolean;
}

export interface PodMember {
  readonly id: string;
  readonly name: string;
  readonly status: ContainerStatus;
  readonly isInfra: boolean;
  readonly restarts: number;
  /** It runs, and has passed its startup and readiness probes. */
  readonly ready: boolean;
}

/** A pod's outcome, with those of its members that failed. */
export interface PodOutcome extends Outcome {
  readonly memberErrors: readonly { readonly id: string; readonly error: Error }[];
}

/** `pod clone`: absent members are the original's. */
export interface ClonePodRequest {
  readonly name?: string;
  readonly start: boolean;
  /** The original goes. */
  readonly destroy: boolean;
  readonly createCommand: readonly string[];
  readonly change: Partial<PodRequest>;
}

/** `pod update`: absent members stay as they are. */
export interface PodChange {
  /** Published from now on. */
  readonly publish: readonly PortMapping[];
  /** No longer published. Connections through other ports go on. @throws PORT_NOT_PUBLISHED */
  readonly unpublish: readonly PortMapping[];
  readonly labels: Labels;
  readonly removeLabels: readonly string[];
  readonly limits: Limits;
  /** Of the pod and of those members that took it from the pod. */
  readonly restart?: RestartPolicy;
}

/** `ready`: every container runs and is ready; `stopped`: no container runs, or will be started again. */
export type PodCondition = "ready" | "stopped";

export interface PodWaitOptions {
  /** The first that is met ends the wait. */
  readonly conditions: readonly PodCondition[];
  readonly ignore: boolean;
  /** Milliseconds; absent: for ever. */
  readonly timeout?: number;
}

export interface PodLogsOptions extends LogsOptions {
  /** Only this member. */
  readonly container?: string;
}

export interface PodsApi {
  create(request: PodRequest): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  list(filters: Filters): Promise<PodSummary[]>;
  /** @throws POD_NOT_FOUND, POD_NAME_AMBIGUOUS */
  inspect(nameOrId: string): Promise<InspectPod>;
  exists(nameOrId: string): Promise<boolean>;
  start(selection: Selection): Promise<PodOutcome[]>;
  stop(selection: Selection, options: StopOptions): Promise<PodOutcome[]>;
  restart(selection: Selection): Promise<PodOutcome[]>;
  kill(selection: Selection, signal: string): Promise<PodOutcome[]>;
  remove(
    selection: Selection,
    options: { readonly force: boolean; readonly ignore: boolean; readonly timeout?: number },
  ): Promise<PodOutcome[]>;
  logs(nameOrId: string, options: PodLogsOptions, signal?: AbortSignal): AsyncIterable<LogBatch>;
  pause(selection: Selection): Promise<PodOutcome[]>;
  unpause(selection: Selection): Promise<PodOutcome[]>;
  /** Removes those that are stopped or have exited. */
  prune(filters: Filters): Promise<PodOutcome[]>;
  /** Gives the new pod's id. */
  clone(nameOrId: string, request: ClonePodRequest): Promise<string>;
  /** Of a running pod at once, and for its next starts; all of it or nothing. */
  update(nameOrId: string, change: PodChange): Promise<Updated>;
  /** Gives the conditions that were met. @throws POD_NOT_FOUND */
  wait(names: readonly string[], options: PodWaitOptions, signal?: AbortSignal): Promise<PodCondition[]>;
  /** Members in the order they were created, infra included. */
  members(nameOrId: string): Promise<readonly PodMember[]>;
}
