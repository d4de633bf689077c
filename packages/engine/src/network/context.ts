/** What the network domain works with. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import type { Log } from "../base/log.ts";
import type { Firewall } from "../ports/firewall.ts";
import type { HostPorts } from "../ports/host-ports.ts";
import type { Forwarder } from "../ports/forwarder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { Links } from "../ports/links.ts";
import type { Locks } from "../ports/lock.ts";
import type { NameServer } from "../ports/name-server.ts";
import type { Pasta } from "../ports/pasta.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";

export interface NetworkContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly locks: Locks;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly log: Log;
  /** Loaded when first asked for: `network exists` touches none of it. */
  readonly host: () => Promise<NetworkHost>;
  /** The same as in `host`, alone: a container that joins a running pod needs no more. */
  readonly hostPorts: () => Promise<HostPorts>;
  /** Loaded by the sandboxes of an ordinary user. */
  readonly pasta: () => Promise<Pasta>;
  /** The same, where pasta cannot publish their ports. */
  readonly forwarder: () => Promise<Forwarder>;
  /** Loaded when a network with names is first met. */
  readonly names: () => Promise<NameServer>;
  /** Path of the pinned network namespace of a pod or a container, "" while it is down. */
  readonly netnsPath: (owner: string) => string;
  /** Removes pods and containers that use a network which is to go (`network rm -f`). */
  readonly removeOwners: (owners: NetworkOwners, timeout: number | undefined) => Promise<Outcome[]>;
}

export interface NetworkHost {
  readonly links: Links;
  readonly firewall: Firewall;
  readonly hostPorts: HostPorts;
  /** Of the namespace that bridges are in: "" for the host's. */
  readonly netnsPath: string;
  /** What bridges stand on is there, and stays until it is disposed: an ordinary user's has to be made. */
  readonly raise: () => Promise<Disposable>;
  /** Takes that away, unless it is used. */
  readonly lower: (isUsed: () => boolean) => Promise<void>;
}

export interface NetworkOwners {
  readonly pods: readonly string[];
  readonly containers: readonly string[];
}

/** The alias of a bridge: which store's network it is. */
export function bridgeAlias(ctx: NetworkContext, network: NetworkConfig): string {
  return `podwright ${ctx.settings.storeId} ${network.id.slice(0, 12)}`;
}

/** An attachment without a name, or one named "default", means the configured default network. */
export function attachedName(ctx: NetworkContext, name: string): string {
  return name === "" || name === "default" ? ctx.settings.config.defaultNetwork : name;
}
