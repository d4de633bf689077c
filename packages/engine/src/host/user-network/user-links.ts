/** Links in an ordinary user's own network namespace. While that is not there, there is nothing to look at or to take away. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type {
  BridgeRequest,
  FlowFilter,
  HostRoute,
  Links,
  PairRequest,
  StackedRequest,
} from "../../ports/links.ts";
import type { UserNetwork } from "./user-network.ts";

export class UserLinks implements Links {
  readonly #network: UserNetwork;
  readonly #host: Links;

  /** `host` reads what every user may. */
  constructor(network: UserNetwork, host: Links) {
    this.#network = network;
    this.#host = host;
  }

  ensureBridge(request: BridgeRequest): void {
    this.#network.requireThread().now("links", "ensureBridge", request);
  }

  addPair(request: PairRequest): void {
    this.#network.requireThread().now("links", "addPair", request);
  }

  /** Networks of this kind cannot be created. */
  addStacked({ kind, parent }: StackedRequest): { readonly mac: string } {
    throw new EngineError("NETWORK_SETUP_FAILED", `an ordinary user has no ${kind} links of ${parent}`);
  }

  removeInside(netnsPath: string, name: string): void {
    this.#network.thread?.now("links", "removeInside", netnsPath, name);
  }

  removeLink(name: string): void {
    this.#network.thread?.now("links", "removeLink", name);
  }

  hasLink(name: string): boolean {
    return this.aliasOf(name) !== undefined;
  }

  aliasOf(name: string): string | undefined {
    const alias = this.#network.thread?.now("links", "aliasOf", name);
    return typeof alias === "string" ? alias : undefined;
  }

  routes(): readonly HostRoute[] {
    return this.#host.routes();
  }

  hostAddresses(): ReturnType<Links["hostAddresses"]> {
    return this.#host.hostAddresses();
  }

  flushFlows(filter: FlowFilter): void {
    this.#network.thread?.now("links", "flushFlows", filter);
  }
}
