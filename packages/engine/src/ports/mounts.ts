/** Mounts that the engine makes itself, in its own mount namespace. */
import type { IdMappings } from "@podwright/spec/values/id-map";

export interface Mounts {
  /**
   * By the kernel, or by the program that storage.conf names, or fuse-overlayfs where an ordinary user's kernel cannot.
   * @throws HOST_CALL_FAILED
   */
  overlay(request: OverlayRequest): Promise<void>;
  /**
   * As `overlay`, for a user namespace: who is inside sees the owners that the files of images' layers have. Root's
   * changes have on disk the owners that he sees; an ordinary user's have those outside (`idsOnDisk`).
   * @throws CONTAINER_INVALID where a file system cannot be mounted so, or an owner is none of the namespace
   */
  mappedOverlay(request: OverlayRequest, mappings: IdMappings): Promise<void>;
  /** Without set-uid programs and devices, and without programs unless `exec`. */
  tmpfs(target: string, options: TmpfsOptions): void;
  bind(source: string, target: string): void;
  /**
   * A directory or file once more at `target`, which is made, with its owners on disk seen as those outside. What is
   * mounted below it is left out. @throws CONTAINER_INVALID where its file system, or an ordinary user, cannot do so
   */
  idmapped(source: string, target: string, mappings: IdMappings): Promise<void>;
  /**
   * For an ordinary user's containers in user namespaces that do not have the user: shows what is mounted at `source`
   * where everybody can go, and gives where. By the name of its owner, as `hide` takes it. @throws HOST_CALL_FAILED
   */
  show(source: string, owner: string): Promise<string>;
  /** Idempotent. */
  hide(owner: string): Promise<void>;
  /** The whole file system that is mounted at `target`, for all who have it. */
  remountReadOnly(target: string): void;
  /** Detaches every mount at `target`; nothing mounted is no error. */
  unmount(target: string): void;
  /** A file system whose process was killed is unmounted, and counts as none. */
  isMounted(target: string): boolean;
}

export interface TmpfsOptions {
  /** Bytes; absent: the kernel's half of memory. */
  readonly size?: number;
  /** Octal. */
  readonly mode: string;
  readonly exec?: boolean;
  /** Of its root directory; absent: root. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface OverlayRequest {
  readonly target: string;
  /** Directories, the lowest layer first. */
  readonly lower: readonly string[];
  /** Below all: nothing of it shows but what a layer refers to. */
  readonly data?: string;
  /** Absent together: nobody can write to it. At least two lower ones then. */
  readonly upper?: string;
  readonly work?: string;
  readonly volatile: boolean;
}
