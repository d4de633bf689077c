/** Links, addresses and routes (rtnetlink). */
import type { PortMapping } from "@podwright/spec/engine-api/common";

export interface BridgeRequest {
  readonly name: string;
  /** Marks the bridge as ours on a host with several stores: the link's alias. */
  readonly alias: string;
  /** Addresses with prefix length of the bridge itself: the networks' gateways. */
  readonly addresses: readonly string[];
  readonly mtu?: number;
}

/** A route inside a sandbox. */
export interface SandboxRoute {
  /** CIDR. */
  readonly destination: string;
  readonly gateway: string;
  /** Lower is preferred. */
  readonly metric: number;
}

/** A sandbox's end of a link. */
export interface InsideRequest {
  /** A pinned network namespace (or /proc/PID/ns/net). */
  readonly netnsPath: string;
  readonly containerName: string;
  /** "aa:bb:…" */
  readonly mac: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
  /** Default gateways, one per family at most. */
  readonly gateways: readonly string[];
  /** Of the default routes. */
  readonly metric: number;
  readonly routes: readonly SandboxRoute[];
  readonly mtu?: number;
}

export interface PairRequest extends InsideRequest {
  readonly hostName: string;
  readonly bridge: string;
}

/** A link that shares one of the host's. */
export interface StackedRequest extends InsideRequest {
  readonly kind: "macvlan" | "ipvlan";
  /** The host's link. */
  readonly parent: string;
  /** "" for the usual one: bridge, l2. */
  readonly mode: string;
}

export interface HostRoute {
  /** CIDR; "0.0.0.0/0" for a default route. */
  readonly destination: string;
  readonly interfaceName: string;
  /** False for one that leads to another machine first. */
  readonly direct: boolean;
}

export interface Links {
  /** Makes the bridge and its addresses and sysctls unless they are there; idempotent. */
  ensureBridge(request: BridgeRequest): void;
  /** One veth pair: bridge port with hairpin on the host, configured interface in the namespace. */
  addPair(request: PairRequest): void;
  /** Gives the MAC address that it has: an ipvlan link has its parent's. */
  addStacked(request: StackedRequest): { readonly mac: string };
  /** Takes a link out of a namespace, and with it the other end. A missing one, or namespace, is no error. */
  removeInside(netnsPath: string, name: string): void;
  /** A missing one is no error. */
  removeLink(name: string): void;
  hasLink(name: string): boolean;
  /** Alias of a link, "" for one without; undefined when there is no such link. */
  aliasOf(name: string): string | undefined;
  /** The host's IPv4 and IPv6 routes (main table), to find a free subnet. */
  routes(): readonly HostRoute[];
  /** The host's own addresses that are neither loopback nor link-local, with their links; IPv4 first. */
  hostAddresses(): readonly { readonly address: string; readonly interfaceName: string }[];
  /**
   * Drops conntrack entries, so that an old flow does not bypass a mapping that has changed: of flows that were
   * forwarded to this address, all of them or those that came through (or by none of) these published ports; or of
   * UDP flows to these host ports.
   */
  flushFlows(filter: FlowFilter): void;
}

export type FlowFilter =
  | {
      readonly to: string;
      readonly through?: readonly PortMapping[];
      readonly notThrough?: readonly PortMapping[];
    }
  | { readonly udpPort: number; readonly length: number };
