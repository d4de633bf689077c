/** What differs between two stacks of layers. */
import type { FileChange } from "@podwright/spec/engine-api/files";

export interface LayerChanges {
  /**
   * Directories of layers as overlayfs has them, the highest first. Sorted by path, a directory before what is in it.
   * A running container may change its own meanwhile.
   */
  between(now: readonly string[], before: readonly string[]): FileChange[];
}
