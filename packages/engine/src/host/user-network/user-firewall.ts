/** The firewall of an ordinary user's own network namespace; ports are published by a forwarder, which keeps their sockets. */
import type { EngineError } from "@podwright/spec/errors/engine-error";
import type { Firewall, FirewallNetwork, PublishRequest } from "../../ports/firewall.ts";
import type { UserNetwork } from "./user-network.ts";
import type { UserPorts } from "./user-ports.ts";

/** While the namespace is not there, there is nothing to take away. */
export class UserFirewall implements Firewall {
  readonly #network: UserNetwork;
  readonly #ports: UserPorts;

  constructor(network: UserNetwork, ports: UserPorts) {
    this.#network = network;
    this.#ports = ports;
  }

  async ensureNetwork(network: FirewallNetwork): Promise<void> {
    await this.#network.requireThread().later("firewall", "ensureNetwork", network);
  }

  async removeNetwork(network: FirewallNetwork): Promise<void> {
    await this.#network.thread?.later("firewall", "removeNetwork", network);
  }

  publish(request: PublishRequest): Promise<void> {
    return this.#ports.publish(request);
  }

  unpublish(request: PublishRequest): Promise<void> {
    return this.#ports.unpublish(request);
  }

  /** Whoever has a port has its socket, which is found when it is bound. */
  conflict(): EngineError | undefined {
    return undefined;
  }

  exchange(change: { readonly remove: PublishRequest; readonly add: PublishRequest }): Promise<void> {
    return this.#ports.exchange(change);
  }

  restore(request: PublishRequest): Promise<void> {
    return this.#ports.restore(request);
  }

  withdraw(addresses: readonly string[]): Promise<void> {
    return this.#ports.withdraw(addresses);
  }

  /** Nobody else has rules there. */
  forwardBlockedBy(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async destroy(): Promise<void> {
    await this.#network.thread?.later("firewall", "destroy");
  }
}
