import type { PortMapping } from "@podwright/spec/engine-api/common";

export interface PublishRequest {
  /** Id of the pod or container that owns the ports. */
  readonly owner: string;
  readonly ports: readonly PortMapping[];
  /** Addresses of the sandbox, IPv4 and IPv6. */
  readonly addresses: readonly string[];
}

/** One nft table of our own per store; a published port is a map element. */
export interface Firewall {
  /** Makes the table, its chains and the forwarding sysctls unless they are there; idempotent. */
  ensure(): void;
  /** Declares a container subnet (masquerade, hairpin). */
  addSubnet(cidr: string): void;
  removeSubnet(cidr: string): void;
  /** Adds all of the ports or none. @throws PORT_IN_USE naming the port */
  publish(request: PublishRequest): void;
  /** Removes them; absent ones are no error. */
  unpublish(request: PublishRequest): void;
  /** True when another firewall's FORWARD policy drops our packets; says which. */
  forwardBlockedBy(): string | undefined;
  /** Drops the whole table. */
  destroy(): void;
}
