/** The nouns as they refer to one another, each loaded on first use. */
import type { Engine } from "@podwright/spec/engine-api/engine";
import type { Cgroups } from "../ports/cgroups.ts";
import type { ContainerMonitor } from "../ports/monitor.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { Namespaces } from "../ports/namespaces.ts";
import type { SandboxProvider } from "../ports/pod-record.ts";
import type { OciRuntime } from "../ports/runtime.ts";
import type { PodVerbs } from "../pod/pods-api.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";

export interface Wiring extends Engine {
  /** The pod verbs by themselves: they heal nothing first. */
  readonly podVerbs: () => Promise<PodVerbs>;
  /** Once per command: what killed commands left of pods and of plays is gone. */
  readonly podsHealed: () => Promise<void>;
  readonly sandboxes: () => Promise<SandboxProvider>;
  readonly host: () => Promise<Host>;
  /** The network domain as pods and containers use it. */
  readonly sandboxNetwork: () => Promise<SandboxNetwork>;
}

/** Adapters that both containers and pods use. */
export interface Host {
  readonly monitor: ContainerMonitor;
  readonly runtime: (nameOrPath: string) => OciRuntime;
  readonly mounts: Mounts;
  readonly namespaces: Namespaces;
  readonly cgroups: Cgroups;
}
