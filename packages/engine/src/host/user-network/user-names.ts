/** The name server of an ordinary user's networks: its process is in the user's network namespace, its files are where all can read them. */
import type { NameServer, NameZone } from "../../ports/name-server.ts";
import type { UserNetwork } from "./user-network.ts";

export class UserNames implements NameServer {
  readonly #network: UserNetwork;
  readonly #files: NameServer;
  readonly #upstream: string;

  /** `upstream` is where the host's name servers answer in the namespace. */
  constructor(network: UserNetwork, files: NameServer, upstream: string) {
    this.#network = network;
    this.#files = files;
    this.#upstream = upstream;
  }

  get installed(): boolean {
    return this.#files.installed;
  }

  get serves(): boolean {
    return this.#files.serves;
  }

  zone(networkId: string): NameZone | undefined {
    const zone = this.#files.zone(networkId);
    if (zone === undefined) return undefined;
    const own = zone.servers.length === 1 && zone.servers[0] === this.#upstream ? [] : zone.servers;
    return { ...zone, servers: own };
  }

  async serve(zones: readonly NameZone[], when?: "soon"): Promise<boolean> {
    const { thread } = this.#network;
    if (thread === undefined) {
      await this.#files.stop();
      return false;
    }
    // The host's servers may be on its loopback, which is not that of the namespace.
    const leading = zones.map((zone) =>
      zone.servers.length > 0 ? zone : { ...zone, servers: [this.#upstream] },
    );
    return (await thread.later("names", "serve", leading, when)) === true;
  }

  async stop(): Promise<void> {
    await this.#files.stop();
  }
}
