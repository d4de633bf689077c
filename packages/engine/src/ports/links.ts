/** Links, addresses and routes (rtnetlink). */
export interface BridgeRequest {
  readonly name: string;
  /** Addresses with prefix length of the bridge itself: the networks' gateways. */
  readonly addresses: readonly string[];
  readonly mtu?: number;
}

export interface PairRequest {
  readonly hostName: string;
  readonly bridge: string;
  /** A pinned network namespace (or /proc/PID/ns/net). */
  readonly netnsPath: string;
  readonly containerName: string;
  /** "aa:bb:…" */
  readonly mac: string;
  readonly addresses: readonly string[];
  /** Default gateways, one per family at most. */
  readonly gateways: readonly string[];
  readonly mtu?: number;
}

export interface Links {
  /** Makes the bridge and its addresses and sysctls unless they are there; idempotent. */
  ensureBridge(request: BridgeRequest): void;
  /** One veth pair: bridge port with hairpin on the host, configured interface in the namespace. */
  addPair(request: PairRequest): void;
  removeLink(name: string): void;
  hasLink(name: string): boolean;
  /** Destinations (CIDR) of the host's IPv4 routes, to find a free subnet. */
  routedSubnets(): readonly string[];
  /** The host's own addresses that are not loopback or on our bridges. */
  hostAddresses(): readonly string[];
  /** Drops conntrack entries of flows that were forwarded to this address. */
  flushFlows(address: string): void;
}
