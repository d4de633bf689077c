/** What turning a stored config into a runtime spec needs, handed in by the composition root. */
import type { HostFacts } from "../ports/host-facts.ts";
import type { Locks } from "../ports/lock.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { RootFiles } from "../ports/root-files.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";
import type { VolumeRecord } from "../ports/volume-record.ts";

export interface SpecContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly locks: Locks;
  readonly facts: HostFacts;
  readonly files: RootFiles;
  readonly mounts: Pick<Mounts, "tmpfs" | "isMounted">;
  readonly network: Pick<SandboxNetwork, "hosts" | "resolvConf">;
  /** The volume's directory, made when missing. */
  readonly volumeDirectory: (volume: VolumeRecord) => string;
}
