/** Networks: what callers may ask and what they are told. */
import type { Filters, Labels, NetworkAttachment, Outcome } from "./common.ts";

export interface SubnetConfig {
  /** CIDR. */
  readonly subnet: string;
  readonly gateway?: string;
  readonly leaseRange?: { readonly start?: string; readonly end?: string };
}

/** A route that a network's containers get. */
export interface NetworkRoute {
  /** CIDR. */
  readonly destination: string;
  readonly gateway: string;
  /** 100 where none is given. */
  readonly metric?: number;
}

export interface NetworkConfig {
  readonly name: string;
  /** 64 hex. */
  readonly id: string;
  readonly driver: string;
  readonly interfaceName: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly subnets: readonly SubnetConfig[];
  readonly ipv6: boolean;
  readonly internal: boolean;
  readonly dns: boolean;
  readonly dnsServers: readonly string[];
  readonly labels: Labels;
  readonly options: Readonly<Record<string, string>>;
  readonly ipamDriver: string;
  readonly routes?: readonly NetworkRoute[];
}

export interface NetworkRequest {
  readonly name?: string;
  readonly driver?: string;
  readonly subnets: readonly SubnetConfig[];
  readonly interfaceName?: string;
  readonly ipv6: boolean;
  readonly internal: boolean;
  readonly disableDns: boolean;
  readonly dnsServers: readonly string[];
  readonly labels: Labels;
  readonly options: Readonly<Record<string, string>>;
  readonly ignore: boolean;
  /** "host-local", "none", "dhcp"; absent for the driver's usual one. */
  readonly ipamDriver?: string;
  readonly routes?: readonly NetworkRoute[];
}

/** A container's place in a network, as `network inspect` shows it. */
export interface NetworkMember {
  readonly containerId: string;
  readonly name: string;
  readonly interfaceName: string;
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly mac: string;
}

export interface NetworksApi {
  create(request: NetworkRequest): Promise<NetworkConfig>;
  list(filters: Filters): Promise<NetworkConfig[]>;
  /** @throws NETWORK_NOT_FOUND */
  inspect(
    nameOrId: string,
  ): Promise<{ readonly config: NetworkConfig; readonly members: readonly NetworkMember[] }>;
  exists(nameOrId: string): Promise<boolean>;
  /** Puts the firewall's rules and the published ports of running containers back. */
  reload(containers: { readonly names: readonly string[]; readonly all: boolean }): Promise<Outcome[]>;
  remove(
    namesOrIds: readonly string[],
    options: { readonly force: boolean; readonly timeout?: number },
  ): Promise<Outcome[]>;
  prune(filters: Filters): Promise<Outcome[]>;
  /** The network's own name servers, which its containers' other questions go to. @throws NETWORK_NOT_FOUND, NETWORK_INVALID */
  update(
    nameOrId: string,
    change: { readonly addDns: readonly string[]; readonly dropDns: readonly string[] },
  ): Promise<NetworkConfig>;
  /** At once where the container runs, else from its next start. @throws NETWORK_INVALID where it is connected already */
  connect(container: string, attachment: NetworkAttachment): Promise<void>;
  disconnect(network: string, container: string, options: { readonly force: boolean }): Promise<void>;
}
