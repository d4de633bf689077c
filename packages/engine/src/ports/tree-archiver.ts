/** Trees of files as tar archives: what `commit` makes layers of. */
import type { IdMappings } from "@podwright/spec/values/id-map";

export interface TreeArchiver {
  /**
   * An overlay's upper directory as a layer: what it deletes is said as image layers say it. What a running
   * container changes meanwhile comes out as it was at some moment, and nothing but what is below the directory.
   * `ids`: its owners are on the disk as they are outside of this user namespace.
   * @throws IMAGE_LAYER_INVALID for what no layer can hold
   */
  changes(directory: string, ids?: IdMappings): AsyncIterable<Uint8Array>;
  /** All that a mounted root file system shows; by the ids inside of a user namespace, where it is mounted for one. */
  whole(directory: string, ids?: IdMappings): AsyncIterable<Uint8Array>;
}
