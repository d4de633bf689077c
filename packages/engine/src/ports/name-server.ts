/** Names of sandboxes on their networks: what a network's containers resolve one another by. */

/** One sandbox on one network. */
export interface NameEntry {
  /** Id of the pod or container. */
  readonly owner: string;
  /** Without prefix length. */
  readonly addresses: readonly string[];
  /** Reverse look-ups give the first. */
  readonly names: readonly string[];
  /** Where its other questions go; [] for the network's servers, or the host's. */
  readonly servers: readonly string[];
}

/** What is served on one network. */
export interface NameZone {
  /** The network's id. */
  readonly id: string;
  /** The network's gateways, where it listens. */
  readonly listen: readonly string[];
  readonly servers: readonly string[];
  /** Nothing that it does not know itself is asked elsewhere. */
  readonly internal: boolean;
  readonly entries: readonly NameEntry[];
}

/** One server for all of a store's networks. Changes are made under the lock `names` alone. */
export interface NameServer {
  /** False where the program is not on this host: names are not served then, and nothing waits for them. */
  readonly installed: boolean;
  /** There is a zone. */
  readonly serves: boolean;
  /** As it is served; undefined for a network without sandboxes. */
  zone(networkId: string): NameZone | undefined;
  /**
   * Serves these zones as they are given, beside those that are served already; one without entries no longer.
   * Resolves once the server answers by them, with `soon` once it has been told: one that was killed is started
   * anew. With the last zone it ends; gives false then.
   * @throws NETWORK_SETUP_FAILED when it does not answer, HOST_PART_MISSING
   */
  serve(zones: readonly NameZone[], when?: "soon"): Promise<boolean>;
  /** Ends the server, forgets all zones. Nothing that is not there is an error. */
  stop(): Promise<void>;
}
