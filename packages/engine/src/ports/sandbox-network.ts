/** What pods and containers need of the network domain; the composition root hands it in. */
import type {
  DnsOptions,
  InterfaceStatus,
  NetworkAttachment,
  PortMapping,
} from "@podwright/spec/engine-api/common";
import type { BoundPort } from "./host-ports.ts";

export interface AttachRequest {
  /** Id of the pod or container: leases, link names and published ports derive from it. */
  readonly owner: string;
  /** Its name, for messages. */
  readonly ownerName: string;
  readonly netnsPath: string;
  readonly attachments: readonly NetworkAttachment[];
  readonly ports: readonly PortMapping[];
}

export interface AttachedNetwork {
  readonly interfaces: readonly InterfaceStatus[];
  /** As published: hostPort 0 resolved. */
  readonly ports: readonly PortMapping[];
}

export interface HostsRequest {
  readonly addHost: readonly string[];
  readonly hostname: string;
  /** Further names of this sandbox. */
  readonly names: readonly string[];
  readonly interfaces: readonly InterfaceStatus[];
  readonly hostNetwork: boolean;
}

export interface SandboxNetwork {
  /** All or nothing. @throws PORT_IN_USE, NETWORK_NOT_FOUND, NETWORK_SETUP_FAILED */
  attach(request: AttachRequest): Promise<AttachedNetwork>;
  /**
   * Sockets on the published ports for a monitor to hold while the sandbox runs, so that no host process is
   * shadowed. Ports that a sibling's monitor holds already are left out. The caller disposes its own.
   */
  holdPorts(ports: readonly PortMapping[]): Promise<readonly BoundPort[]>;
  /** Releases what the owner has, known or not; nothing is no error. */
  detach(owner: string, known: AttachedNetwork): Promise<void>;
  /** Text of /etc/hosts. */
  hosts(request: HostsRequest): Promise<string>;
  /** Text of /etc/resolv.conf. */
  resolvConf(dns: DnsOptions, interfaces: readonly InterfaceStatus[]): Promise<string>;
}
