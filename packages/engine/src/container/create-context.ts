/** What making a container needs, handed in by the composition root. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { PullProgress, PullRequest } from "@podwright/spec/engine-api/images";
import type { VolumeRequest } from "@podwright/spec/engine-api/volumes";
import type { Log } from "../base/log.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { HostFacts } from "../ports/host-facts.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import type { HostAccount } from "../ports/container-record.ts";
import type { SandboxProvider } from "../ports/pod-record.ts";
import type { ProcessIdentity } from "../ports/processes.ts";
import type { SecretRecord } from "../ports/secret-record.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";
import type { VolumeRecord } from "../ports/volume-record.ts";
import type { UsernsContext } from "./userns/resolve-userns.ts";

export interface CreateContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventLog;
  /** What the event of a creation tells besides, where containers.conf asks for it: `inspect`, as JSON. */
  readonly eventDetails: (id: string) => Promise<{ readonly inspectData?: string }>;
  readonly facts: HostFacts;
  /** This process: owner of rows in the phase `creating`. */
  readonly self: ProcessIdentity;
  /** The engine's own environment: proxy variables come from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For those that ask for a user namespace. */
  readonly userns: () => Promise<UsernsHost>;
  readonly sandboxes: Pick<SandboxProvider, "forCreate">;
  readonly ensureImage: (
    request: PullRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ) => Promise<EnsuredImage>;
  /** Owner and mode of an image's root directory; undefined for an image without layers. */
  readonly imageRoot: (image: ImageRecord) => RootOwner | undefined;
  /** Free host ports for those that ask for any. */
  readonly choosePorts: (ports: readonly PortMapping[]) => Promise<readonly PortMapping[]>;
  /** @throws SECRET_NOT_FOUND, SECRET_INVALID */
  readonly readSecret: (nameOrId: string) => Promise<ReadSecret>;
  readonly createVolume: (request: VolumeRequest) => VolumeRecord;
  /** Takes back a volume of a creation that failed, unless another container than that one uses it by now. */
  readonly removeUnusedVolume: (name: string, failedContainer: string) => Promise<void> | void;
  /** Ends and removes a container (`--replace`). */
  readonly removeContainer: (id: string) => Promise<void>;
}

export type UsernsHost = Pick<UsernsContext, "ids" | "rootless"> & {
  /** The highest id among the owners of an image's files and its accounts. */
  readonly highestId: (imageId: string) => number;
  /** Of an ordinary user whose engine this is; undefined without one. */
  readonly account: () => Promise<HostAccount | undefined>;
};

export interface ReadSecret {
  readonly record: SecretRecord;
  readonly data: Uint8Array;
}

export interface EnsuredImage {
  readonly record: ImageRecord;
  /** The name that the reference led to: docker.io/library/nginx:latest; "" for an image found by its id. */
  readonly name: string;
}

export interface RootOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}
