/** A tree of files that others may be changing, held by a descriptor: no path, link or race leads out of it. */
import type { PathStat } from "@podwright/spec/engine-api/files";
import type { IdMappings } from "@podwright/spec/values/id-map";

export interface Trees {
  /** `directory` is a path of the host: a mounted root file system, a volume, `/proc/PID/root`. */
  open(directory: string): OpenTree;
}

export interface OpenTree extends Disposable {
  /** Its top, as this process can name it while it is open. */
  readonly path: string;
  /** Links are followed within the tree. `target` is the path that they lead to. */
  stat(path: string): PathStat;
  /** A tar of what is at the path. @throws FILES_NOT_FOUND */
  read(path: string, options: ReadTree): AsyncIterable<Uint8Array>;
  /** Unpacks a tar, compressed or not, into a directory of the tree. @throws FILES_COPY_FAILED, FILES_NOT_FOUND */
  write(directory: string, archive: AsyncIterable<Uint8Array>, options: WriteTree): Promise<void>;
}

export interface TreeOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface ReadTree {
  /** Of the first entry; "" leaves out the directory itself and gives what is in it. */
  readonly name: string;
  /** Takes the place of the owners that the files have. */
  readonly owner?: TreeOwner;
  /** The tree is seen with the ids that these have outside: owners are told as they are inside. */
  readonly ids?: IdMappings;
  /** What is mounted below belongs to it. */
  readonly crossMounts: boolean;
  /** Names of the top directory that are left out. */
  readonly skip?: readonly string[];
  /** Holes are told as such, in a form that not every tar knows. */
  readonly sparse?: boolean;
}

export interface WriteTree {
  /** Takes the place of the owners that the archive gives. */
  readonly owner?: TreeOwner;
  /** The tree is seen with the ids that these have outside: owners are given as they are inside. */
  readonly ids?: IdMappings;
  /** A directory may give way to what is none, and the other way round. */
  readonly overwrite: boolean;
  /** Device nodes are left out; each is told of. */
  readonly onSkipped?: (path: string) => void;
  readonly signal?: AbortSignal;
}
