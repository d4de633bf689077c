/** What pods and containers need of the network domain; the composition root hands it in. */
import type {
  DnsOptions,
  InterfaceStatus,
  NetworkAttachment,
  PortMapping,
} from "@podwright/spec/engine-api/common";

export interface AttachRequest {
  /** Id of the pod or container: leases, link names and published ports derive from it. */
  readonly owner: string;
  /** Its name, for messages. */
  readonly ownerName: string;
  readonly netnsPath: string;
  readonly attachments: readonly NetworkAttachment[];
  /** Not by networks: by pasta, with these options besides ours. */
  readonly pasta?: readonly string[];
  readonly ports: readonly PortMapping[];
}

export interface AttachedNetwork {
  readonly interfaces: readonly InterfaceStatus[];
  /** As published: hostPort 0 resolved. */
  readonly ports: readonly PortMapping[];
}

/** What will be attached: addresses and ports are known and nobody else's. */
export interface ReservedNetwork extends AttachedNetwork {
  /** Once, with links and names. What fails here is taken back as a whole, and without it by `detach`. */
  readonly join: () => Promise<AttachedNetwork>;
}

export interface HoldRequest {
  /** Id of the pod or container that the ports belong to. */
  readonly owner: string;
  readonly ports: readonly PortMapping[];
  readonly interfaces: readonly InterfaceStatus[];
  /** Monitors keep room for ports even where none is published: of a pod, which may get some while it runs. */
  readonly room?: true;
  /** Pids of the monitors that run in the sandbox at this moment. */
  readonly monitors: () => readonly number[];
}

/** Disposing, once the monitor runs, closes the engine's own descriptors. */
export interface HeldPorts extends AsyncDisposable {
  readonly descriptors: readonly number[];
}

/** A sandbox whose published ports change. One that is down has no interfaces. */
export interface PublishingSandbox extends HoldRequest {
  /** Its name, for messages. */
  readonly ownerName: string;
}

export interface PortWish {
  readonly add: readonly PortMapping[];
  readonly remove: readonly PortMapping[];
}

/** What becomes of published ports; host ports are known. */
export interface PortChange extends PortWish {
  /** All that are published then. */
  readonly ports: readonly PortMapping[];
}

export interface HostsRequest {
  readonly addHost: readonly string[];
  readonly hostname: string;
  /** Further names of this sandbox. */
  readonly names: readonly string[];
  readonly interfaces: readonly InterfaceStatus[];
  readonly hostNetwork: boolean;
  /** Text of the image's own file, for a configuration that starts from it; absent where no image is. */
  readonly imageHosts?: () => string | undefined;
}

export interface SandboxNames {
  /** Id of the pod or container whose sandbox it is. */
  readonly owner: string;
  readonly names: readonly string[];
}

export interface SandboxNetwork {
  /** Chooses a free host port where none was asked for, so that it is known and stays from start to start. */
  choosePorts(ports: readonly PortMapping[]): Promise<readonly PortMapping[]>;
  /** All or nothing. @throws PORT_IN_USE, NETWORK_NOT_FOUND, NETWORK_SETUP_FAILED */
  attach(request: AttachRequest): Promise<AttachedNetwork>;
  /** The first half of `attach`. MAC addresses that the kernel chooses come with the second. */
  reserve(request: AttachRequest): Promise<ReservedNetwork>;
  /**
   * Sockets on the published ports for a monitor to keep while the sandbox runs, so that no host process is
   * shadowed. Members that start side by side, and those that join later, share one socket per port.
   * @throws PORT_IN_USE when a host process has taken one meanwhile
   */
  holdPorts(request: HoldRequest): Promise<HeldPorts>;
  /**
   * What is to be published and what no longer, resolved and checked; nothing is changed.
   * @throws PORT_INVALID, PORT_CONFLICT, PORT_IN_USE, PORT_NOT_PUBLISHED
   */
  planPorts(sandbox: PublishingSandbox, wish: PortWish): Promise<PortChange>;
  /** All or nothing, at once; known connections go on. @throws PORT_IN_USE */
  exchangePorts(sandbox: PublishingSandbox, change: PortChange): Promise<void>;
  /** Undoes that. */
  takeBackPorts(sandbox: PublishingSandbox, change: PortChange): Promise<void>;
  /** Once it is noted: host ports that are no longer published are free, and connections through them end. */
  releasePorts(sandbox: PublishingSandbox, change: PortChange): Promise<void>;
  /** After a change that was killed: just `sandbox.ports` are published, whatever is in place. */
  restorePorts(sandbox: PublishingSandbox): Promise<void>;
  /** Releases what the owner has, known or not; nothing is no error. */
  detach(owner: string, known: AttachedNetwork): Promise<void>;
  /** Text of /etc/hosts. */
  hosts(request: HostsRequest): Promise<string>;
  /** More names for a sandbox that is up, on those of its networks that have names: a member of a pod. */
  addNames(member: SandboxNames, interfaces: readonly InterfaceStatus[]): Promise<void>;
  dropNames(member: SandboxNames, interfaces: readonly InterfaceStatus[]): Promise<void>;
  /** Text of /etc/resolv.conf. */
  resolvConf(dns: DnsOptions, interfaces: readonly InterfaceStatus[]): Promise<string>;
}
