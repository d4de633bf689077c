/** What playing and taking down work with. */
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import type { ImagesApi, PullRequest } from "@podwright/spec/engine-api/images";
import type { NetworksApi } from "@podwright/spec/engine-api/networks";
import type { PodsApi } from "@podwright/spec/engine-api/pods";
import type { SecretsApi } from "@podwright/spec/engine-api/secrets";
import type { VolumeRequest, VolumesApi } from "@podwright/spec/engine-api/volumes";
import type { Log } from "../base/log.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { Locks } from "../ports/lock.ts";
import type { ProcessIdentity, Processes } from "../ports/processes.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";
import type { VolumeRecord } from "../ports/volume-record.ts";
import type { GenerateContext } from "./generate/context.ts";

/** What taking back needs: the command that heals a killed play loads no more than that. */
export interface TakeBackContext {
  readonly store: Store;
  readonly locks: Locks;
  readonly log: Log;
  readonly processes: Processes;
  /** By the verb itself: healing must not wait for healing. */
  readonly pods: () => Promise<Pick<PodsApi, "remove">>;
  readonly containers: () => Promise<Pick<ContainersApi, "remove">>;
  readonly volumes: () => Promise<Pick<VolumesApi, "remove">>;
  readonly networks: () => Promise<Pick<NetworksApi, "remove">>;
  readonly secrets: () => Promise<Pick<SecretsApi, "list" | "remove">>;
}

export interface KubeContext extends TakeBackContext {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly self: ProcessIdentity;
  /** Of the user on the host. */
  readonly uid: number;
  readonly settings: Pick<Settings, "cgroup" | "cgroupControllers"> & {
    readonly config: Pick<Settings["config"], "cgroups">;
  };
  readonly pods: () => Promise<PodsApi>;
  readonly containers: () => Promise<ContainersApi>;
  readonly images: () => Promise<Pick<ImagesApi, "pull">>;
  /** The image is here and the policy is content with that: nothing of a registry is loaded. */
  readonly imageIsPresent: (request: PullRequest) => boolean;
  readonly volumes: () => Promise<VolumesApi>;
  /** The row alone, for a transaction of ours. @throws VOLUME_NAME_IN_USE, VOLUME_INVALID */
  readonly addVolume: (request: VolumeRequest) => VolumeRecord;
  /** The rest of it, after that. */
  readonly furnishVolume: (record: VolumeRecord) => void;
  readonly networks: () => Promise<NetworksApi>;
  readonly secrets: () => Promise<SecretsApi>;
  /** What killed commands left is gone once this resolves. */
  readonly healed: () => Promise<void>;
  readonly generating: () => Promise<GenerateContext>;
}
