/** What containers need of the rest of the engine; the composition root hands it in. */
import type { Filters, InterfaceStatus, PortMapping } from "@podwright/spec/engine-api/common";
import type {
  ContainerRequest,
  ContainersApi,
  ContainerSummary,
  ListContainersOptions,
  TerminalSize,
} from "@podwright/spec/engine-api/containers";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import type { InspectContainer } from "@podwright/spec/libpod-api/inspect-container";
import type { RuntimeProcess, RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import type { Log } from "../base/log.ts";
import type { CommitImageOptions, CommitImageRequest } from "../image/commit.ts";
import type { Cgroups } from "../ports/cgroups.ts";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { ImageLayers } from "../ports/layer-mounts.ts";
import type { Locks } from "../ports/lock.ts";
import type { Journal } from "../ports/journal.ts";
import type { ContainerMonitor } from "../ports/monitor.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { Namespaces } from "../ports/namespaces.ts";
import type { NetActions } from "../ports/net-action.ts";
import type { SandboxProvider, SandboxRef } from "../ports/pod-record.ts";
import type { Processes } from "../ports/processes.ts";
import type { OciRuntime } from "../ports/runtime.ts";
import type { HeldPorts, HoldRequest, ReservedNetwork, SandboxNetwork } from "../ports/sandbox-network.ts";
import type { Settings } from "../ports/settings.ts";
import type { Supervisor } from "../ports/supervisor.ts";
import type { WatchStates } from "../ports/watch-states.ts";
import type { Store } from "../ports/store.ts";
import type { TreeArchiver } from "../ports/tree-archiver.ts";

export interface ContainerContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly locks: Locks;
  /** Locks below the directory of bundles; conmon's exit command tries the same files. */
  readonly foreground: Locks;
  readonly processes: Processes;
  readonly monitor: ContainerMonitor;
  /** By the name or path that the container was created with. @throws HOST_PART_MISSING */
  readonly runtime: (name: string) => OciRuntime;
  readonly mounts: Mounts;
  readonly namespaces: Namespaces;
  readonly cgroups: Cgroups;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly events: EventLog;
  readonly supervisor: Supervisor;
  readonly watchStates: WatchStates;
  readonly images: ImageLayers & {
    /** Makes an image of a container's files. */
    readonly commit: (request: CommitImageRequest, options: CommitImageOptions) => Promise<string>;
  };
  readonly trees: TreeArchiver;
  /** Bytes of the files in a directory of the host; 0 when it is not there. */
  readonly treeSize: (directory: string) => number;
  /** For logs that are kept in it. */
  readonly journal: () => Promise<Journal>;
  readonly network: ContainerNetworks;
  /** For hooks that speak to a container over the network. */
  readonly netActions: () => Promise<NetActions>;
  readonly volumes: {
    /** Removes an anonymous volume that nothing but the leaving container uses; a missing one is no error. */
    readonly removeAnonymous: (name: string, leaving: string) => Promise<void>;
  };
  readonly sandboxes: SandboxProvider;
  /** Fills in what the runtime spec needs (etc files, volumes, the user's ids), and builds it. */
  readonly buildSpec: (config: ContainerConfig, live: LiveFacts) => Promise<RuntimeSpec>;
  /** The process of an exec session, with what the container's own process has. */
  readonly buildExecProcess: ExecProcessBuilder;
  readonly views: ContainerViews;
}

/** What is known of a container once it is about to start. */
export interface LiveFacts {
  readonly bundle: string;
  /** The mounted root file system. */
  readonly rootfs: string;
  /** Where the runtime finds it, if elsewhere. */
  readonly rootForRuntime?: string;
  /** Directory of this container's own pins and etc files; empty for what it takes from its pod. */
  readonly sandboxDir: string;
  /** Set for a container that has a network namespace of its own or joins one by path. */
  readonly netnsPath?: string;
  readonly interfaces: readonly InterfaceStatus[];
  readonly ports: readonly PortMapping[];
  readonly sandbox?: SandboxRef;
  readonly cgroupPath: string;
  /** Inits of the containers whose namespaces are joined (`--pid container:ID`), by container id. */
  readonly joinedPids: ReadonlyMap<string, number>;
  /** Size of the caller's terminal. */
  readonly terminalSize?: TerminalSize;
}

export interface ContainerNetworks {
  /** For a pinned namespace, on the networks of the config; see SandboxNetwork. */
  readonly reserve: (config: ContainerConfig, netnsPath: string) => Promise<ReservedNetwork>;
  /** Sockets on the published ports for a monitor to keep; see SandboxNetwork. @throws PORT_IN_USE */
  readonly holdPorts: (request: HoldRequest) => Promise<HeldPorts>;
  readonly changing: Pick<
    SandboxNetwork,
    "planPorts" | "exchangePorts" | "takeBackPorts" | "releasePorts" | "restorePorts"
  >;
  /** A pod's member is no longer known by its names on the pod's networks. */
  readonly dropNames: (config: ContainerConfig) => Promise<void>;
  /** Takes back addresses, ports and names; idempotent. */
  readonly detach: (config: ContainerConfig) => Promise<void>;
}

export interface ExecProcessRequest {
  readonly config: ContainerConfig;
  readonly rootfs: string;
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly tty: boolean;
  readonly privileged: boolean;
  readonly terminalSize?: TerminalSize;
}

export type ExecProcessBuilder = (request: ExecProcessRequest) => RuntimeProcess | Promise<RuntimeProcess>;

/** What only looks, and creation: written beside this, called by the same facade. */
export interface ContainerViews {
  readonly create: (
    request: ContainerRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ) => Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  readonly clone: ContainersApi["clone"];
  readonly list: (options: ListContainersOptions) => Promise<ContainerSummary[]>;
  readonly inspect: (nameOrId: string, options: { readonly size: boolean }) => Promise<InspectContainer>;
}

export type { Filters };
