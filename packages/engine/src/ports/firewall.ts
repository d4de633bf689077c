/** The packet filter: published ports and what container subnets need. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { EngineError } from "@podwright/spec/errors/engine-error";

export interface PublishRequest {
  /** Host ports are resolved: none is 0. */
  readonly ports: readonly PortMapping[];
  /** Addresses of the sandbox without prefix length; the first of each family is the target. */
  readonly addresses: readonly string[];
}

export interface FirewallNetwork {
  readonly bridge: string;
  /** CIDR */
  readonly subnets: readonly string[];
  /** Nothing is forwarded from or to it. */
  readonly internal: boolean;
  /** "on": no traffic with other isolated networks; "strict": with no other network. */
  readonly isolate: "off" | "on" | "strict";
}

/** One nft table of our own per store; a published port is a map element. Asynchronous for the spawned fallback only. */
export interface Firewall {
  /** Makes the table and the forwarding sysctls and declares the network, unless done; idempotent and cheap. */
  ensureNetwork(network: FirewallNetwork): Promise<void>;
  removeNetwork(network: FirewallNetwork): Promise<void>;
  /** Adds all of the ports or none. @throws PORT_IN_USE: details `hostPort`, `protocol`, `target` (the address that has it) */
  publish(request: PublishRequest): Promise<void>;
  /** Removes those that lead to these addresses; absent ones are no error. */
  unpublish(request: PublishRequest): Promise<void>;
  /** Whoever has one of the ports already, and not for these addresses: the error that `publish` would throw. */
  conflict(request: PublishRequest): EngineError | undefined;
  /** Both, or nothing, in one step. @throws PORT_IN_USE */
  exchange(change: { readonly remove: PublishRequest; readonly add: PublishRequest }): Promise<void>;
  /** Just these lead to the addresses, whatever is in place. */
  restore(request: PublishRequest): Promise<void>;
  /** Removes whatever leads to these addresses: for when nobody knows which ports were published. */
  withdraw(addresses: readonly string[]): Promise<void>;
  /** Names the chain of another firewall whose FORWARD policy drops our packets. */
  forwardBlockedBy(): Promise<string | undefined>;
  /** Drops the whole table. */
  destroy(): Promise<void>;
}
