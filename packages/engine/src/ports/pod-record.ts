import type {
  DnsOptions,
  InterfaceStatus,
  Labels,
  Limits,
  NetworkAttachment,
  NetworkMode,
  PortMapping,
} from "@podwright/spec/engine-api/common";
import type {
  InitKind,
  MountRequest,
  RestartPolicy,
  SecurityRequest,
} from "@podwright/spec/engine-api/containers";
import type {
  ExitPolicy,
  JobPlace,
  PlayedManifest,
  PodVolume,
  SharedNamespace,
} from "@podwright/spec/engine-api/pods";
import type { IdMappings } from "@podwright/spec/values/id-map";
import type { Phase, UpdateUnderWay } from "./container-record.ts";
import type { ProcessIdentity } from "./processes.ts";

/** PodConfig: what was asked for, resolved once by `pod/create.ts`, immutable, stored. */
export interface PodConfig {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly createCommand: readonly string[];
  readonly hostname: string;
  readonly fullHostname?: string;
  readonly share: readonly SharedNamespace[];
  readonly shareParent: boolean;
  /** "" with `--infra=false`. */
  readonly infraId: string;
  readonly infraCommand: readonly string[];
  readonly network: NetworkMode;
  readonly ports: readonly PortMapping[];
  readonly dns: DnsOptions;
  readonly addHost: readonly string[];
  readonly noHosts: boolean;
  readonly noHostname: boolean;
  readonly labels: Labels;
  readonly mounts: readonly MountRequest[];
  readonly exitPolicy: ExitPolicy;
  readonly sysctls: Labels;
  /** Bytes. */
  readonly shmSize: number;
  readonly limits: Limits;
  /** The pod's own cgroup, relative to the hierarchies' roots. */
  readonly cgroupPath: string;
  readonly cgroupParent: string;
  readonly security: SecurityRequest;
  readonly restart?: RestartPolicy;
  readonly volumes?: readonly PodVolume[];
  readonly played?: PlayedManifest;
  readonly job?: JobPlace;
  /** Seconds that it may run for. */
  readonly activeDeadline?: number;
  /** Its members share a user namespace of the pod's own. */
  readonly idMappings?: IdMappings;
  /** See ContainerConfig. */
  readonly autoUserns?: string;
  /** `ns:PATH`: the pod's user namespace is one that is there. */
  readonly usernsPath?: string;
  /** As whom members run unless they say so. */
  readonly usernsUser?: string;
}

/** Why the engine itself has ended a pod. */
export interface PodEnd {
  /** Kubernetes' word: "DeadlineExceeded". */
  readonly reason: string;
  readonly message: string;
}

export interface PodState {
  /** Noted when the sandbox was last brought up. */
  readonly sandbox?: {
    readonly bootId: string;
    readonly startedAt: number;
    readonly interfaces: readonly InterfaceStatus[];
    readonly ports: readonly PortMapping[];
    /** The process that holds a shared PID namespace, where one is shared. */
    readonly holder?: ProcessIdentity;
    /** The event `stop` of this run has been written. */
    readonly stopTold?: boolean;
  };
  readonly updating?: UpdateUnderWay;
  /** See ContainerState. */
  readonly attachments?: readonly NetworkAttachment[];
  /** Milliseconds since 1970 of the last time that the sandbox went down; 0 for never. */
  readonly stoppedAt: number;
  /** Noted before it is stopped; cleared by the next start. */
  readonly ended?: PodEnd;
}

export interface PodRecord {
  readonly phase: Phase;
  readonly owner?: ProcessIdentity;
  readonly config: PodConfig;
  readonly state: PodState;
}

/** What a container needs to join a pod, and all that `container/` knows of pods. */
export interface SandboxRef {
  readonly podId: string;
  readonly podName: string;
  readonly hostname: string;
  readonly share: readonly SharedNamespace[];
  /** Directory of the pins `net`, `ipc`, `uts`; see Namespaces. */
  readonly pinDir: string;
  /** Set for a shared PID namespace. */
  readonly pidNamespacePath?: string;
  /** Of the pod's user namespace, where that is not the engine's own. */
  readonly usernsPath?: string;
  /** Shared /dev/shm, "" when ipc is not shared. */
  readonly shmPath: string;
  /** Files that members bind; "" where the pod leaves them to the image. */
  readonly hostsPath: string;
  readonly resolvConfPath: string;
  readonly hostnamePath: string;
  readonly cgroupParent: string;
  readonly interfaces: readonly InterfaceStatus[];
  readonly ports: readonly PortMapping[];
  /** -v of the pod: inherited by every member. */
  readonly mounts: readonly MountRequest[];
  readonly network: NetworkMode;
  readonly security: SecurityRequest;
  /** Where the pod's own volumes are, by name. */
  readonly volumePaths: Readonly<Record<string, string>>;
}

/** Given to `container/` by the composition root, so that it never imports `pod/`. */
export interface SandboxProvider {
  /** Resolves a pod by name or id for a container that is to be created in it. @throws POD_NOT_FOUND */
  forCreate(nameOrId: string): Promise<{ readonly config: PodConfig }>;
  /** The sandbox, brought up when it is down. Call with no container lock of that pod's members held. */
  ensureUp(podId: string): Promise<SandboxRef>;
  /** The sandbox as it is; undefined when down. */
  current(podId: string): SandboxRef | undefined;
  /** A member has ended: applies the pod's exit policy. `role` is the member's, where it is an init container. */
  memberExited(podId: string, role?: InitKind): Promise<void>;
  /** The pod with all its members; gives the ids of their records, the infra's last. @throws POD_STATE_IMPROPER */
  remove(podId: string, options: { readonly force: boolean; readonly timeout?: number }): Promise<string[]>;
}
