/** What differs between two stacks of layers. */
import type { FileChange } from "@podwright/spec/engine-api/files";
import type { OpenLayer } from "./layer-mounts.ts";

export interface LayerChanges {
  /**
   * Layers as overlayfs has them, the highest first. Sorted by path, a directory before what is in it.
   * A running container may change its own meanwhile.
   */
  between(now: readonly OpenLayer[], before: readonly OpenLayer[]): FileChange[];
  /** See OpenLayer: of a container's directory of changes. */
  hasFileMarks(upper: string): boolean;
}
