/** ContainerConfig: what was asked for, resolved once by `container/create.ts`, immutable, stored. */
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
  LifecycleHooks,
  NamespaceMode,
  Probes,
  RestartPolicy,
  SandboxFact,
  SecurityRequest,
  Ulimit,
} from "@podwright/spec/engine-api/containers";
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import type { IdMappings } from "@podwright/spec/values/id-map";
import type { LimitValue } from "./cgroups.ts";
import type { ProcessIdentity } from "./processes.ts";

/** passwd(5), and the name of the primary group. */
export interface HostAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly group?: string;
}

export interface ContainerConfig {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly podId: string;
  /** The pod's infra container is a record without a process: it runs while the pod's sandbox is pinned. */
  readonly infra: boolean;
  readonly createCommand: readonly string[];
  readonly image: ContainerImage;
  readonly process: ContainerProcess;
  readonly mounts: readonly ContainerMount[];
  /** Their bytes are in the container's directory of the store, each in a file of its index. */
  readonly secrets?: readonly ContainerSecret[];
  readonly rootfs: { readonly readOnly: boolean; readonly readOnlyTmpfs: boolean };
  /** Bytes of a private /dev/shm. */
  readonly shmSize: number;
  readonly devices: readonly string[];
  /** "type major[:minor] access". */
  readonly deviceRules?: readonly string[];
  readonly network: ContainerNetwork;
  readonly namespaces: ContainerNamespaces;
  /** Of a user namespace that is not the engine's own; a pod's members have their pod's. */
  readonly idMappings?: IdMappings;
  /** The engine's user, by name in the container's account files (`--userns keep-id`). */
  readonly hostAccount?: HostAccount;
  /** They were allotted (`--userns auto`, as it was asked for): who copies the container gets others. */
  readonly autoUserns?: string;
  readonly security: SecurityRequest;
  /** Resolved capability names with CAP_ prefix, sorted. */
  readonly capabilities: readonly string[];
  readonly sysctls: Labels;
  readonly ulimits: readonly Ulimit[];
  readonly limits: Limits;
  /** Parent of the container's cgroup, relative to the hierarchies' roots. */
  readonly cgroupParent: string;
  readonly cgroups: "enabled" | "disabled" | "no-conmon";
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly log: {
    readonly driver: string;
    readonly path: string;
    readonly maxSize: number;
    /** Files that are kept, the present one among them; absent: 1. */
    readonly maxFiles?: number;
    readonly tag: string;
    readonly options: Labels;
  };
  readonly autoRemove: boolean;
  readonly cidFile: string;
  readonly pidFile: string;
  readonly conmonPidFile: string;
  /** Ids of containers that must run first. */
  readonly dependencies: readonly string[];
  readonly health?: HealthRequest | "none";
  /** "crun", "runc" or a path, as chosen at creation. */
  readonly runtime: string;
  readonly initContainer?: InitKind;
  readonly restart?: RestartPolicy;
  readonly probes?: Probes;
  readonly lifecycle?: LifecycleHooks;
  readonly runAsNonRoot?: boolean;
  readonly sandboxEnv?: Readonly<Record<string, SandboxFact>>;
}

export interface ContainerImage {
  /** 64 hex. */
  readonly id: string;
  /** The reference as Podman shows it: docker.io/library/nginx:latest. */
  readonly name: string;
  /** What the user typed. */
  readonly rawName: string;
  readonly digest: string;
  /** Directories or images of the layers are looked up by this id at start. */
  readonly volumes: readonly string[];
}

export interface ContainerProcess {
  /** entrypoint followed by command: what runs. */
  readonly args: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** "KEY=value", in order. */
  readonly env: readonly string[];
  readonly workdir: string;
  /** The image names the directory, so it is made when missing; with `-w` it must be there. */
  readonly createWorkdir?: boolean;
  /** As asked for or as the image says: "", "nginx", "1000:1000". Resolved in the root file system at start. */
  readonly user: string;
  readonly groupAdd: readonly string[];
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly umask: string;
  readonly timezone: string;
  readonly init: boolean;
  readonly initPath: string;
  readonly stopSignal: number;
  /** Seconds. */
  readonly stopTimeout: number;
  /** Seconds; 0 is never. */
  readonly timeout: number;
  readonly oomScoreAdj?: number;
  readonly passwd: boolean;
}

/** A resolved mount. For a volume `source` is its name. */
export interface ContainerMount {
  readonly kind: "bind" | "volume" | "tmpfs" | "image" | "devpts" | "ramfs" | "pod-volume";
  readonly source: string;
  readonly destination: string;
  readonly options: readonly string[];
  readonly subPath: string;
  /** An anonymous volume goes with `rm -v` and `--rm`. */
  readonly anonymous: boolean;
  /** Of the kind `image`: the image that the source named at creation. */
  readonly imageId?: string;
  readonly fsGroup?: number;
}

export type ContainerSecret =
  | {
      readonly kind: "mount";
      /** What it was copied from, which may be gone. */
      readonly id: string;
      readonly name: string;
      /** Absolute, in the container. */
      readonly path: string;
      readonly uid: number;
      readonly gid: number;
      readonly mode: number;
    }
  | { readonly kind: "env"; readonly id: string; readonly name: string; readonly variable: string };

export interface ContainerNetwork {
  /** A pod's member with the pod's network has kind "pod". */
  readonly mode: NetworkMode | { readonly kind: "pod" };
  readonly ports: readonly PortMapping[];
  /** "80/tcp" */
  readonly exposed: readonly string[];
  readonly publishAll: boolean;
  readonly dns: DnsOptions;
  readonly addHost: readonly string[];
  readonly noHosts: boolean;
  readonly noHostname: boolean;
  readonly hostname: string;
}

/** `pod` means: the pod sandbox's. */
export type MemberNamespaceMode = NamespaceMode | { readonly kind: "pod" };

export interface ContainerNamespaces {
  readonly pid: MemberNamespaceMode;
  readonly ipc: MemberNamespaceMode;
  readonly uts: MemberNamespaceMode;
  readonly cgroup: MemberNamespaceMode;
  readonly user: MemberNamespaceMode;
}

/** What the engine noted of a container's last run. The truth comes from the kernel and from exit records. */
export interface ContainerRun {
  readonly pid?: ProcessIdentity;
  readonly monitor?: ProcessIdentity;
  /** Path of the OCI runtime that was chosen for it. */
  readonly runtime: string;
  /** The boot it was set up in. */
  readonly bootId: string;
  /** Milliseconds since 1970; 0 until the user process was started. */
  readonly startedAt: number;
  readonly interfaces: readonly InterfaceStatus[];
  /** True from the moment that a stop was asked for. */
  readonly stopRequested: boolean;
  /** Its processes are frozen, or about to be: then the cgroup tells. */
  readonly paused?: true;
  /** Why the engine itself has ended it (a failed probe, an unhealthy container): its policy may restart it. */
  readonly endedFor?: string;
  /** A signal by hand has asked for its end: its policy does not start it again. */
  readonly killed?: true;
  /** It was its policy that started it. */
  readonly byPolicy?: true;
  /** Ports as bound: hostPort 0 resolved. */
  readonly ports: readonly PortMapping[];
}

export interface ContainerExit {
  /** 0-255; -1 when a time limit has ended it, or nobody knows. */
  readonly exitCode: number;
  /** The monitor died without a record. */
  readonly unrecorded?: true;
  /** It was running when the machine went down; when that was, nobody has written down. */
  readonly withMachine?: true;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly oomKilled: boolean;
}

/** How a container is started again by its policy. */
export interface RestartBackOff {
  /** Milliseconds that the last restart waited, or the next one waits: 0, then 10 s, doubling to 5 min. */
  readonly wait: number;
  /** Milliseconds since 1970; absent while it runs, and when nothing will start it again. */
  readonly restartAt?: number;
  /** "back-off 20s restarting failed container", and the like: what `inspect` says. */
  readonly reason: string;
}

export interface ContainerState {
  /** The current or the last run, absent before the first. */
  readonly run?: ContainerRun;
  /** Of the last run, once it has ended and was noted. Cleared by the next start. */
  readonly exit?: ContainerExit;
  /** Of the run before, where its policy has started it again since: what `wait` may still be waiting for. */
  readonly lastExit?: ContainerExit;
  /** By its policy; a start by hand sets it back to 0. */
  readonly restarts: number;
  readonly backOff?: RestartBackOff;
  /** A removal has begun that takes the anonymous volumes along; whoever finishes it does the same. */
  readonly volumesGo?: boolean;
  /** The networks of mode `bridge`, once `network connect` or `disconnect` have changed what the config says. */
  readonly attachments?: readonly NetworkAttachment[];
  readonly updating?: UpdateUnderWay;
  /** Why the last start failed. */
  readonly error: string;
}

/** Of a pod or container that is up while it changes: the host may have more, or less, than the record says. */
export interface UpdateUnderWay {
  /** Limits of its cgroup that have to be put back: none once the change is noted. */
  readonly limits: readonly LimitValue[];
}

/**
 * What somebody is doing with the object. Each but `ready` names its owner; where the owner is dead, a killed
 * command left the object half-way, and the next one undoes (`creating`, `starting`), finishes (`removing`) or makes
 * the host what the record says (`updating`).
 */
export type Phase = "creating" | "ready" | "starting" | "updating" | "stopping" | "removing";

export interface ContainerRecord {
  readonly phase: Phase;
  /** Who set the phase `creating`; while alive, the object is left alone. */
  readonly owner?: ProcessIdentity;
  readonly config: ContainerConfig;
  readonly state: ContainerState;
}
