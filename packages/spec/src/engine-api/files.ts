/** Files of containers, running or not: copying in and out, what has changed, all of them as a tar. */
import type { ByteSink, Outcome } from "./common.ts";
import type { Selection } from "./containers.ts";

export interface FileChange {
  readonly kind: "added" | "changed" | "deleted";
  /** Absolute, in the container. */
  readonly path: string;
}

/** Where `cp` reads or writes in a container. */
export interface ContainerPath {
  readonly container: string;
  /** As typed: a trailing slash or `/.` means something. */
  readonly path: string;
}

export interface CopyOutOptions {
  /** Of the archive's first entry; "" gives what is in a directory without the directory itself. */
  readonly name: string;
  /** Holes of files are told as such, in a form (pax 1.0) that not every tar knows. */
  readonly sparse?: boolean;
}

export interface CopyInOptions {
  /** All belongs to the container's user; else to whom the archive says. */
  readonly chown: boolean;
  /** A directory may be replaced by a file and the other way round. */
  readonly overwrite: boolean;
}

export interface FilesApi {
  /** Against the image, or against another container or image. Sorted by path. */
  diff(nameOrId: string, other?: string): Promise<readonly FileChange[]>;
  containerDiff(nameOrId: string, other?: string): Promise<readonly FileChange[]>;
  imageDiff(image: string, other?: string): Promise<readonly FileChange[]>;
  /** The container's whole tree as an uncompressed tar; what is mounted into it is left out. */
  export(nameOrId: string, sink: ByteSink, signal?: AbortSignal): Promise<void>;
  /** A tar of the path, all of it belonging to the container's user. @throws FILES_NOT_FOUND */
  copyOut(from: ContainerPath, options: CopyOutOptions, sink: ByteSink, signal?: AbortSignal): Promise<void>;
  /** Unpacks a tar, compressed or not, into a directory of the container. Device nodes are left out. */
  copyIn(
    to: ContainerPath,
    archive: AsyncIterable<Uint8Array>,
    options: CopyInOptions,
    signal?: AbortSignal,
  ): Promise<void>;
  stat(place: ContainerPath): Promise<PathStat>;
  /** Mounts containers' root file systems on the host; gives where. */
  mount(selection: Selection): Promise<readonly MountOutcome[]>;
  /** Takes such mounts back; those that a running container needs stay. */
  unmount(selection: Selection, options: { readonly force: boolean }): Promise<readonly Outcome[]>;
  mounted(): Promise<readonly MountedTree[]>;
}

export interface MountOutcome extends Outcome {
  readonly path?: string;
}

export interface MountedTree {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

/** What a path of a tree is. Links are followed within the tree. */
export interface PathStat {
  readonly kind: "file" | "directory" | "other" | "missing";
  /** Absolute, in the tree; links are followed, also those that lead to nothing. */
  readonly target: string;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}
