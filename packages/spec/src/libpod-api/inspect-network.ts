/** The network part of `container inspect`. */
export interface InspectHostPort {
  HostIp: string;
  HostPort: string;
}

/** By "80/tcp"; null for a port that is exposed and not published. */
export type InspectPorts = Record<string, InspectHostPort[] | null>;

export interface InspectAddress {
  Addr: string;
  PrefixLength: number;
}

export interface InspectBasicNetwork {
  EndpointID: string;
  Gateway: string;
  IPAddress: string;
  IPPrefixLen: number;
  SecondaryIPAddresses?: InspectAddress[];
  IPv6Gateway: string;
  GlobalIPv6Address: string;
  GlobalIPv6PrefixLen: number;
  SecondaryIPv6Addresses?: InspectAddress[];
  MacAddress: string;
  AdditionalMACAddresses?: string[];
}

export interface InspectJoinedNetwork extends InspectBasicNetwork {
  NetworkID?: string;
  DriverOpts: Record<string, string> | null;
  IPAMConfig: Record<string, string> | null;
  Links: string[] | null;
  Aliases?: string[];
}

export interface InspectNetworkSettings extends InspectBasicNetwork {
  Bridge: string;
  SandboxID: string;
  HairpinMode: boolean;
  LinkLocalIPv6Address: string;
  LinkLocalIPv6PrefixLen: number;
  Ports: InspectPorts;
  /** Path of the network namespace, "" when there is none. */
  SandboxKey: string;
  Networks?: Record<string, InspectJoinedNetwork>;
}
