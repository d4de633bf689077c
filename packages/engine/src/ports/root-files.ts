/**
 * A container's root file system seen from outside. Its content is the image's: every path is resolved below the
 * root, whatever links say (CVE-2026-55686), and nothing is opened that could block (CVE-2024-9676).
 */
export interface RootFiles {
  /** What is at the path; a link at its end is not followed. */
  kind(root: string, path: string): RootEntryKind | undefined;
  /** The path after following links, as the container will see it; its missing part stays as it is. */
  resolve(root: string, path: string): string;
  /** Content of a regular file; undefined when there is none. @throws CONTAINER_ROOTFS_INVALID when it is longer */
  readText(root: string, path: string, maxBytes: number): string | undefined;
  /**
   * At the end of a regular file, in a line of its own; the file is made, root's, where only it is missing. False where
   * it cannot be: something else is there, or its directory is not.
   */
  appendText(root: string, path: string, text: string, owner: Omit<DirectoryOwner, "mode">): Promise<boolean>;
  /** Makes what is missing of the path; gives true when the last directory was made. */
  makeDirectory(root: string, path: string, owner: DirectoryOwner): boolean;
  /** The same for a root file system whose owners are mapped: what is made there is made with its owner's ids. */
  mapped(): Promise<RootFiles>;
  /**
   * Copies the content of a directory of the root into `target`, a directory of the host, with owners, modes,
   * times, xattrs and hard links; `target` takes the directory's own mode and owner. Undefined when no directory
   * is there.
   */
  copyUp(root: string, path: string, target: string): Promise<CopiedUp | undefined>;
  /** Gives a directory of the host and all that is below to one owner; no link is followed. */
  giveTo(path: string, owner: { readonly uid: number; readonly gid: number }): Promise<void>;
  /** Lets a group read and write a directory of the host and all below, unless the directory shows that it may. */
  giveGroup(path: string, gid: number): Promise<void>;
  /**
   * Binds what is at the path, in the root whatever links say, onto `target`, which is made for it as a file or a
   * directory. So it stays the same whoever changes the path afterwards. False when nothing is there.
   */
  pin(root: string, path: string, target: string): Promise<boolean>;
}

/** "attributes": the directory is empty, and has lent its mode and owner alone. */
export type CopiedUp = "content" | "attributes";

export type RootEntryKind = "file" | "directory" | "link" | "other";

export interface DirectoryOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}
