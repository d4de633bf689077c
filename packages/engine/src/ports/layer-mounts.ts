/** Layers as directories: what overlays are stacked of, and what a look into layers goes by. */

import type { IdMappings } from "@podwright/spec/values/id-map";

export interface LayerStack {
  /** The image's id: it names the stack. */
  readonly id: string;
  /** chainIDs, the lowest first. */
  readonly layers: readonly string[];
}

export interface LayerMounts {
  /**
   * Directories of a stack's layers, the lowest first. A layer that is kept as a file system of its own is mounted
   * for its first user and stays mounted until its last one lets go, so that all share one cache of its files.
   * `user` derives from the id of the object that needs them: asking twice is asking once, and whoever tears the
   * object down releases by the same name, also after a kill.
   * @throws IMAGE_LAYER_INVALID when one is missing: the store was damaged from outside
   */
  acquire(stack: LayerStack, user: string): Promise<string[]>;
  /** Idempotent. With the last user of a layer its mount goes; a stack that nobody holds is no error. */
  release(stackId: string, user: string): Promise<void>;
  /**
   * For a look: nothing of it is seen on the host, and it goes with its owner, also after a kill.
   * @throws IMAGE_LAYER_INVALID
   */
  open(stack: LayerStack): OpenLayers;
  /** Where a layer's files are seen while somebody holds it. */
  directory(chainId: string): string;
}

/** The lowest layer first; valid until disposed of. */
export interface OpenLayers extends Disposable {
  readonly layers: readonly OpenLayer[];
}

export interface OpenLayer {
  /** Tells whether two stacks have the same layer: its chainID, or where its directory is. */
  readonly id: string;
  /** Of its root directory. */
  readonly fd: number;
  /** Files in it may stand for deletions: fuse-overlayfs wrote it, or it is on a file system that holds no others. */
  readonly fileMarks?: boolean;
  /** Its owners are on the disk as they are outside of this user namespace. */
  readonly ids?: IdMappings;
}

/** As LayerMounts, by the image's id. An image that is not here has no layers. */
export interface ImageLayers {
  acquire(imageId: string, user: string): Promise<readonly string[]>;
  release(imageId: string, user: string): Promise<void>;
  open(imageId: string): OpenLayers;
}
