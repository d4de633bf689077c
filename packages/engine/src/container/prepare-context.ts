/** What preparing a start needs beside the config: eyes on the root file system, the host's facts, the pod's words. */
import type { HostFacts } from "../ports/host-facts.ts";
import type { ImageLayers } from "../ports/layer-mounts.ts";
import type { Locks } from "../ports/lock.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { RootFiles } from "../ports/root-files.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";
import type { VolumeRecord } from "../ports/volume-record.ts";

export interface PrepareContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly locks: Locks;
  readonly files: RootFiles;
  readonly facts: HostFacts;
  readonly mounts: Mounts;
  readonly network: Pick<SandboxNetwork, "hosts" | "resolvConf" | "addNames">;
  readonly layers: Pick<ImageLayers, "acquire">;
  /** The volume's directory, made when it is missing. */
  readonly volumeDirectory: (record: VolumeRecord) => string;
}
