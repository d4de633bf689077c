/** What the image domain works with; the composition root makes it. */
import type { Log } from "../base/log.ts";
import type { BlobStore, Staging } from "../ports/blob-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock } from "../ports/ids.ts";
import type { ImageTransports, NamePolicy } from "../ports/image-source.ts";
import type { ImageDestinations } from "../ports/image-destination.ts";
import type { LayerMounts } from "../ports/layer-mounts.ts";
import type { LayerSink } from "../ports/layer-sink.ts";
import type { LayerSource } from "../ports/layer-source.ts";
import type { Locks } from "../ports/lock.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { Store } from "../ports/store.ts";

export interface ImageContext {
  readonly store: Pick<Store, "images" | "containers" | "transaction">;
  readonly locks: Locks;
  readonly log: Log;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly names: NamePolicy;
  readonly transports: ImageTransports;
  readonly destinations: ImageDestinations;
  readonly layers: LayerSink;
  readonly layerMounts: LayerMounts;
  readonly layerTars: LayerSource;
  readonly blobs: BlobStore;
  readonly staging: Staging;
  /** Where images are mounted, below. */
  readonly runRoot: string;
  /** Loaded by those that mount. */
  readonly mounts: () => Promise<Mounts>;
  /** How pushed layers are written where the caller says nothing: "" and -1 for the defaults. */
  readonly pushCompression: { readonly format: string; readonly level: number };
  /** The machine's architecture, as Node names it. */
  readonly architecture: string;
  /** Removes every container of an image, running or not: `rmi --force`. */
  readonly removeContainersOf: (imageId: string) => Promise<void>;
}

/** Held shared by everything that adds images, so that a sweep knows that nobody is at work. */
export const ADDING_LOCK = "images-adding";

export const layerLock = (chainId: string): string => `layer-${chainId}`;
export const imageLock = (id: string): string => `image-${id}`;
