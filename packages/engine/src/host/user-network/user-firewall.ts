/** The firewall of an ordinary user's own network namespace. While that is not there, there is nothing to take away. */
import { isEngineError, type EngineError } from "@podwright/spec/errors/engine-error";
import type { Firewall, FirewallNetwork, PublishRequest } from "../../ports/firewall.ts";
import type { UserNetwork } from "./user-network.ts";

export class UserFirewall implements Firewall {
  readonly #network: UserNetwork;

  constructor(network: UserNetwork) {
    this.#network = network;
  }

  async ensureNetwork(network: FirewallNetwork): Promise<void> {
    await this.#network.requireThread().later("firewall", "ensureNetwork", network);
  }

  async removeNetwork(network: FirewallNetwork): Promise<void> {
    await this.#network.thread?.later("firewall", "removeNetwork", network);
  }

  async publish(request: PublishRequest): Promise<void> {
    await this.#network.requireThread().later("firewall", "publish", request);
  }

  async unpublish(request: PublishRequest): Promise<void> {
    await this.#network.thread?.later("firewall", "unpublish", request);
  }

  conflict(request: PublishRequest): EngineError | undefined {
    try {
      this.#network.thread?.now("firewall", "refuseConflict", request);
      return undefined;
    } catch (error) {
      if (isEngineError(error)) return error;
      throw error;
    }
  }

  async exchange(change: { readonly remove: PublishRequest; readonly add: PublishRequest }): Promise<void> {
    await this.#network.requireThread().later("firewall", "exchange", change);
  }

  async restore(request: PublishRequest): Promise<void> {
    await this.#network.requireThread().later("firewall", "restore", request);
  }

  async withdraw(addresses: readonly string[]): Promise<void> {
    await this.#network.thread?.later("firewall", "withdraw", addresses);
  }

  /** Nobody else has rules there. */
  forwardBlockedBy(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async destroy(): Promise<void> {
    await this.#network.thread?.later("firewall", "destroy");
  }
}
