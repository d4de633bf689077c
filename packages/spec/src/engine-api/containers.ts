import type { LogBatch } from "./log-batch.ts";
import type { InspectContainer } from "../libpod-api/inspect-container.ts";
import type {
  ByteSink,
  DnsOptions,
  Filters,
  InterfaceStatus,
  Labels,
  Limits,
  NetworkMode,
  Outcome,
  PortMapping,
  Updated,
} from "./common.ts";
import type { ContainerChange } from "./container-changes.ts";
import type { ContainerCopies } from "./container-copies.ts";
import type { HealthResult, HealthWish } from "./health.ts";
import type { PlatformChoice, PullPolicy, PullProgress, RegistryOptions } from "./images.ts";

/** As users write it: what it means is known where the ids are. */
export interface UsernsRequest {
  /** "auto:size=4096"; absent where maps are given. */
  readonly mode?: string;
  /** "[+ug]INSIDE:[@]OUTSIDE[:SIZE]" */
  readonly uidmap: readonly string[];
  readonly gidmap: readonly string[];
  /** Of subuid(5) and subgid(5). */
  readonly subuidName?: string;
  readonly subgidName?: string;
}

/** Where a namespace comes from. */
export type NamespaceMode =
  | { readonly kind: "private" }
  | { readonly kind: "host" }
  | { readonly kind: "shareable" }
  | { readonly kind: "none" }
  | { readonly kind: "container"; readonly container: string }
  | { readonly kind: "path"; readonly path: string };

/**
 * One `-v`, `--mount` or `--tmpfs`. `source` is absolute for a bind, a name or "" (anonymous) for a volume, the name
 * of one of the pod's own volumes (PodVolume) for a pod-volume.
 */
export interface MountRequest {
  readonly kind: "bind" | "volume" | "tmpfs" | "image" | "devpts" | "ramfs" | "pod-volume";
  readonly source: string;
  readonly destination: string;
  /** Kernel and engine options: ro, rw, z, Z, U, O, nosuid, rprivate, size=, mode=, tmpcopyup, … */
  readonly options: readonly string[];
  /** A path inside the volume. */
  readonly subPath?: string;
  /** Of a volume: it belongs to this group, which may write (`securityContext.fsGroup`). */
  readonly fsGroup?: number;
}

/** One `--secret`. */
export type SecretUse =
  | {
      readonly kind: "mount";
      /** Name or id. */
      readonly source: string;
      /** A path, relative ones below /run/secrets; "" is the secret's name. */
      readonly target: string;
      readonly uid: number;
      readonly gid: number;
      readonly mode: number;
    }
  | {
      readonly kind: "env";
      readonly source: string;
      /** "" is the secret's name. */
      readonly variable: string;
    };

/** `--restart`. */
export interface RestartPolicy {
  readonly name: "no" | "always" | "on-failure" | "unless-stopped";
  /** Of on-failure; 0 is no limit. */
  readonly maximumRetries: number;
}

/**
 * An init container of a pod runs before the pod's containers, in order of creation: `once` and `always` to their
 * end (`once` is removed then), a `sidecar` is only started, and stops after the containers.
 */
export type InitKind = "once" | "always" | "sidecar";

/** What a probe or a hook does; Kubernetes' `exec`, `httpGet`, `tcpSocket`, `grpc`, `sleep`. */
export type ProbeAction =
  | { readonly kind: "exec"; readonly command: readonly string[] }
  | {
      readonly kind: "http";
      /** "" is the pod's own address. */
      readonly host: string;
      readonly port: number;
      readonly path: string;
      readonly scheme: "HTTP" | "HTTPS";
      readonly headers: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "grpc"; readonly port: number; readonly service: string }
  | { readonly kind: "sleep"; readonly seconds: number };

/** Kubernetes' Probe, defaults filled in. Seconds. */
export interface Probe {
  readonly action: Exclude<ProbeAction, { readonly kind: "sleep" }>;
  readonly initialDelay: number;
  readonly period: number;
  readonly timeout: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  readonly terminationGracePeriod?: number;
}

export interface Probes {
  readonly liveness?: Probe;
  readonly readiness?: Probe;
  readonly startup?: Probe;
}

/** Run right after the start (a failure ends the container) and before a stop's signal (within the stop timeout). */
export interface LifecycleHooks {
  readonly postStart?: Exclude<ProbeAction, { readonly kind: "grpc" }>;
  readonly preStop?: Exclude<ProbeAction, { readonly kind: "grpc" }>;
}

/** What only a started sandbox knows. */
export type SandboxFact = "podIP" | "podIPs" | "hostIP" | "hostIPs";

export interface Ulimit {
  /** Without the RLIMIT_ prefix, lower case: "nofile". */
  readonly name: string;
  /** -1 is unlimited. */
  readonly soft: number;
  readonly hard: number;
}

export interface SecurityRequest {
  readonly privileged: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly noNewPrivileges: boolean;
  /** "" is the default profile, "unconfined" none, else the path of a profile. */
  readonly seccomp: string;
  readonly apparmor: string;
  readonly labels: readonly string[];
  readonly mask: readonly string[];
  /** Paths, or ["ALL"]. */
  readonly unmask: readonly string[];
  readonly procOptions: readonly string[];
}

/** What the caller of `create` asked for. Absent members mean: the image's value, then Podman's default. */
export interface ContainerRequest {
  readonly image: string;
  /** Arguments after the image. */
  readonly command: readonly string[];
  /** Full command line that asked for it (inspect's CreateCommand). */
  readonly createCommand: readonly string[];
  readonly name?: string;
  readonly replace: boolean;
  /** The caller starts it at once: until then it counts as half made, and goes if the caller dies. */
  readonly startsNow?: boolean;
  readonly pod?: PodChoice;
  /** [] clears the image's entry point. */
  readonly entrypoint?: readonly string[];
  readonly workdir?: string;
  /** A `workdir` that the image does not have is made, as in Kubernetes; else it is an error. */
  readonly createWorkdir?: boolean;
  readonly user?: string;
  readonly groupAdd: readonly string[];
  /** `KEY=value`, in order; later ones win. */
  readonly env: readonly string[];
  /** `KEY=value` over the image's and the configuration's, which values may name: `${PATH}:/my/bin`. */
  readonly envMerge?: readonly string[];
  readonly unsetEnv: readonly string[];
  readonly unsetEnvAll: boolean;
  readonly httpProxy: boolean;
  readonly hostname?: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  /** Streams that a foreground run attaches: "stdin", "stdout", "stderr". */
  readonly attach?: readonly string[];
  readonly umask?: string;
  readonly timezone?: string;
  readonly init: boolean;
  readonly initPath?: string;
  /** A name with or without SIG, or a number. */
  readonly stopSignal?: string;
  /** Seconds. */
  readonly stopTimeout?: number;
  /** Seconds after which the container is killed; 0 is never. */
  readonly timeout: number;
  readonly oomScoreAdj?: number;
  readonly autoRemove: boolean;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly cidFile?: string;
  readonly pidFile?: string;
  readonly conmonPidFile?: string;
  readonly pull: PullPolicy;
  readonly platform?: PlatformChoice;
  readonly registry: RegistryOptions;
  readonly mounts: readonly MountRequest[];
  readonly volumesFrom: readonly string[];
  /** What becomes of the image's VOLUMEs. */
  readonly imageVolumes: "anonymous" | "tmpfs" | "ignore";
  readonly secrets?: readonly SecretUse[];
  /** The configuration's choice when absent. */
  readonly readOnly?: boolean;
  readonly readOnlyTmpfs: boolean;
  /** Bytes. */
  readonly shmSize?: number;
  readonly devices: readonly string[];
  /** "type major[:minor] access": devices that may be used if the container has or makes a node of them. */
  readonly deviceRules?: readonly string[];
  readonly network?: NetworkMode;
  readonly ports: readonly PortMapping[];
  readonly publishAll: boolean;
  /** "80/tcp", ranges already expanded. */
  readonly expose: readonly string[];
  readonly dns: DnsOptions;
  /** "name:ip"; ip may be host-gateway. */
  readonly addHost: readonly string[];
  readonly noHosts: boolean;
  readonly noHostname: boolean;
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly uts?: NamespaceMode;
  readonly cgroupns?: NamespaceMode;
  /** Absent: the environment's, the configuration's, or the host's. */
  readonly userns?: UsernsRequest;
  readonly security: SecurityRequest;
  readonly sysctls: Labels;
  /** "host": those of the engine's own process. */
  readonly ulimits: readonly Ulimit[] | "host";
  readonly limits: Limits;
  readonly cgroupParent?: string;
  readonly cgroups: "enabled" | "disabled" | "no-conmon";
  readonly logDriver?: string;
  readonly logOptions: Labels;
  /** Containers that must run first. */
  readonly requires: readonly string[];
  readonly health?: HealthWish | "none";
  readonly passwd: boolean;
  readonly runtime?: string;
  /** Of a pod's member. */
  readonly initContainer?: InitKind;
  readonly restart?: RestartPolicy;
  readonly probes?: Probes;
  readonly lifecycle?: LifecycleHooks;
  /** A start as uid 0 is refused. */
  readonly runAsNonRoot?: boolean;
  /** Variables that are set at each start; `$(NAME)` in the command and in `env` is replaced then too. */
  readonly sandboxEnv?: Readonly<Record<string, SandboxFact>>;
}

/** `--pod`: an existing pod, or one to make (`new:NAME`). */
export type PodChoice =
  | { readonly kind: "existing"; readonly nameOrId: string }
  | { readonly kind: "new"; readonly name: string };

/** libpod's states; ps shows `configured` as Created and `created` as Initialized. */
export type ContainerStatus =
  | "configured"
  | "created"
  | "running"
  | "paused"
  | "stopping"
  | "stopped"
  | "exited"
  | "removing"
  | "unknown";

/** A row of `ps`. Times are milliseconds since 1970, 0 for never. */
export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly command: readonly string[];
  readonly created: number;
  readonly startedAt: number;
  readonly exitedAt: number;
  readonly exitCode: number;
  readonly exited: boolean;
  readonly status: ContainerStatus;
  readonly health: string;
  readonly pid: number;
  readonly isInfra: boolean;
  readonly podId: string;
  readonly podName: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly mounts: readonly string[];
  readonly networks: readonly string[];
  readonly ports: readonly PortMapping[];
  readonly exposedPorts: readonly string[];
  readonly autoRemove: boolean;
  readonly cidFile: string;
  readonly restarts: number;
  /** It runs, and has passed its startup and readiness probes. */
  readonly ready: boolean;
  /** Milliseconds since 1970 at which its policy starts it again; absent when it runs, or when nothing will. */
  readonly restartAt?: number;
  /** It was running when the machine went down. */
  readonly withMachine?: true;
  /** Filled when asked for. */
  readonly size?: { readonly rootFs: number; readonly rw: number };
  readonly namespaces?: Readonly<Record<"mnt" | "cgroup" | "ipc" | "net" | "pidns" | "uts" | "user", string>>;
}

export interface ListContainersOptions {
  readonly all: boolean;
  readonly filters: Filters;
  readonly last?: number;
  readonly size: boolean;
  readonly namespaces: boolean;
}

/** Which objects a verb acts on: names and ids, or all. */
export interface Selection {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly filters?: Filters;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The caller's ends of an attached session. In the engine's own process they are descriptors: bytes go
 * straight from them to the monitor's socket.
 */
export interface AttachStreams {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** Yields the window's size now and after each change. */
  readonly resize?: AsyncIterable<TerminalSize>;
  /** Bytes that detach, [] for none (`ctrl-p,ctrl-q` is [16, 17]); absent: those of the configuration. */
  readonly detachKeys?: readonly number[];
  /** Called once output can no longer be lost. */
  readonly onAttached?: () => void;
}

/** Of a start alone: the next one of the same container has other callers. */
export interface StartOptions {
  /** That many descriptors of the calling process, from 3 on, are the container's as well. */
  readonly preserveFds?: number;
}

export interface AttachResult {
  /** True when the detach keys were typed; the container still runs. */
  readonly detached: boolean;
  /** 0-255; of the container. Meaningless when detached. */
  readonly exitCode: number;
}

export interface LogsOptions {
  readonly follow: boolean;
  /** Number of last lines; -1 is all. */
  readonly tail: number;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly tty: boolean;
  readonly interactive: boolean;
  readonly privileged: boolean;
  /** That many descriptors of the calling process, from 3 on, are the session's as well. */
  readonly preserveFds?: number;
}

export interface StopOptions {
  /** Seconds before SIGKILL; absent: the container's own. */
  readonly timeout?: number;
  readonly ignore: boolean;
}

export interface RemoveContainersOptions {
  readonly force: boolean;
  readonly ignore: boolean;
  /** Anonymous volumes too. */
  readonly volumes: boolean;
  /** Dependent containers too. */
  readonly depend: boolean;
  readonly timeout?: number;
}

export interface WaitOptions {
  readonly conditions: readonly string[];
  readonly ignore: boolean;
  readonly exitFirstMatch: boolean;
}

export interface PruneOutcome extends Outcome {
  /** Bytes that it gave back. */
  readonly size: number;
}

export interface CleanupOptions {
  readonly remove: boolean;
  /** Those that run are passed over. */
  readonly stoppedOnly: boolean;
  /** The exec session that has ended, instead of the container. */
  readonly exec?: string;
}

export interface ContainersApi extends ContainerCopies {
  /** Makes it, does not start it. Nothing is left of a creation that fails. */
  create(
    request: ContainerRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  start(selection: Selection, options?: StartOptions): Promise<Outcome[]>;
  /** Attaches before the start, so that no output is lost; ends with the container (or the detach keys). */
  startAttached(
    nameOrId: string,
    streams: AttachStreams,
    options?: StartOptions & { readonly signal?: AbortSignal },
  ): Promise<AttachResult>;
  attach(nameOrId: string, streams: AttachStreams, signal?: AbortSignal): Promise<AttachResult>;
  stop(selection: Selection, options: StopOptions): Promise<Outcome[]>;
  restart(selection: Selection, options: StopOptions & { readonly runningOnly: boolean }): Promise<Outcome[]>;
  kill(selection: Selection, signal: string): Promise<Outcome[]>;
  remove(selection: Selection, options: RemoveContainersOptions): Promise<Outcome[]>;
  wait(
    names: readonly string[],
    options: WaitOptions,
  ): Promise<{ readonly id: string; readonly exitCode: number }[]>;
  list(options: ListContainersOptions): Promise<ContainerSummary[]>;
  /** @throws CONTAINER_NOT_FOUND, CONTAINER_NAME_AMBIGUOUS */
  inspect(nameOrId: string, options: { readonly size: boolean }): Promise<InspectContainer>;
  exists(nameOrId: string): Promise<boolean>;
  logs(names: readonly string[], options: LogsOptions, signal?: AbortSignal): AsyncIterable<LogBatch>;
  /** Runs on the caller's own stdio and terminal; gives the exit code (126, 127 as a shell would). */
  exec(nameOrId: string, request: ExecRequest): Promise<number>;
  /** As exec, on streams that are handed in: for a terminal of the session's own, and for callers elsewhere. */
  execAttached(
    nameOrId: string,
    request: ExecRequest,
    streams: AttachStreams,
    signal?: AbortSignal,
  ): Promise<AttachResult>;
  /** Starts a session in the background; gives its id. */
  execDetached(nameOrId: string, request: ExecRequest): Promise<string>;
  ports(nameOrId: string): Promise<readonly PortMapping[]>;
  /** The exit command: records the exit, tears down what is transient. Safe at any moment, by anybody. */
  cleanup(selection: Selection, options: CleanupOptions): Promise<Outcome[]>;
  rename(nameOrId: string, name: string): Promise<void>;
  pause(selection: Selection): Promise<Outcome[]>;
  unpause(selection: Selection): Promise<Outcome[]>;
  /** Removes those that do not run. */
  prune(filters: Filters): Promise<PruneOutcome[]>;
  /** Of a running container at once, and for its next starts. */
  update(nameOrId: string, change: ContainerChange): Promise<Updated>;
  /** Runs the health check once and counts it. @throws CONTAINER_NO_HEALTHCHECK, CONTAINER_STATE_IMPROPER */
  checkHealth(nameOrId: string): Promise<HealthResult>;
}

export type { InterfaceStatus };
