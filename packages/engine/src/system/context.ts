/** What the system verbs work with; the composition root wires it. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { ContainerViewContext } from "../container/view-context.ts";
import type { SystemFacts } from "../ports/system-facts.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";

export interface InfoContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly views: ContainerViewContext;
  /** What `version` prints of the engine, under Podman's keys. */
  readonly version: Readonly<Record<string, unknown>>;
  readonly facts: () => Promise<SystemFacts>;
  readonly cgroups: () => Promise<{ readonly version: string; readonly controllers: readonly string[] }>;
  /** The runtime that a new container gets. @throws HOST_PART_MISSING */
  readonly runtime: () => Promise<ChosenRuntime>;
  /** @throws HOST_PART_MISSING */
  readonly conmon: () => Promise<{ readonly path: string; readonly version: string }>;
  readonly overlays: () => Promise<OverlayFacts>;
  /** registries.conf by prefix, and `search`. */
  readonly registries: () => Promise<Readonly<Record<string, unknown>>>;
  /** The last containers.conf that was read, "" for none. */
  readonly configFile: string;
  readonly logDrivers: readonly string[];
  readonly networkDrivers: readonly string[];
}

/** How root file systems are mounted. */
export interface OverlayFacts {
  /** "" is the kernel itself. */
  readonly program: string;
  /** Owners can be mapped without copying files. */
  readonly shifting: boolean;
  readonly metacopy: boolean;
}

export interface ChosenRuntime {
  readonly name: string;
  readonly path: string;
  readonly version: string;
  /** Why it is not crun, when nobody asked for another; "" else. */
  readonly reason: string;
}

/** Each step removes what is there and is no error when nothing is. */
export interface ResetContext {
  /** Ends the supervisor, and keeps others from starting one until it is disposed of. */
  readonly stopSupervisor: () => Promise<Disposable>;
  readonly settings: Pick<Settings, "root" | "runRoot">;
  readonly removePods: () => Promise<readonly Outcome[]>;
  readonly removeContainers: () => Promise<readonly Outcome[]>;
  readonly removeVolumes: () => Promise<readonly Outcome[]>;
  /** Bridges, name server, leases and the networks' own records. */
  readonly removeNetworks: () => Promise<readonly Outcome[]>;
  /** The nft table of this store. */
  readonly destroyFirewall: () => Promise<void>;
  /** The cgroup above all of this store's. */
  readonly removeCgroup: () => Promise<void>;
  readonly removeImages: () => Promise<readonly Outcome[]>;
  readonly closeStore: () => void;
  /** Whatever is still mounted below it goes first. */
  readonly deleteDirectory: (path: string) => Promise<void>;
  /** Of an ordinary user's; nothing for root. */
  readonly letGoOfNamespaces: () => void;
}
