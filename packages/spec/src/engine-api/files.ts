/** Files of containers, running or not: copying in and out, what has changed, all of them as a tar. */
import type { ByteSink } from "./common.ts";

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

export interface CopyInOptions {
  /** Owners as in the archive; else the container's user. */
  readonly archive: boolean;
  /** A directory may be replaced by a file and the other way round. */
  readonly overwrite: boolean;
}

export interface FilesApi {
  /** Against the image, or against another container or image. Sorted by path. */
  diff(nameOrId: string, other?: string): Promise<readonly FileChange[]>;
  imageDiff(image: string, other?: string): Promise<readonly FileChange[]>;
  /** The container's whole tree as an uncompressed tar. */
  export(nameOrId: string, sink: ByteSink, signal?: AbortSignal): Promise<void>;
  /** A tar of the path; names in it begin with its last part. @throws CONTAINER_PATH_NOT_FOUND */
  copyOut(from: ContainerPath, sink: ByteSink, signal?: AbortSignal): Promise<void>;
  /** Unpacks a tar into the container. */
  copyIn(
    to: ContainerPath,
    archive: AsyncIterable<Uint8Array>,
    options: CopyInOptions,
    signal?: AbortSignal,
  ): Promise<void>;
  /** What a path in a container is: undefined where it is not there. */
  stat(place: ContainerPath): Promise<PathStat | undefined>;
}

export interface PathStat {
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Of a symlink: where it leads, as an absolute path in the container. */
  readonly linkTarget: string;
}
