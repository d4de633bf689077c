/** Owner and mode of an image's root directory, which a layer that does not speak of it has from its parent. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { HEAD_SIZE, INODE_FIELDS, INODE_SIZE, rootInodeAt } from "./format.ts";
import { syncLater } from "./sequential-file.ts";

export interface RootOwner {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

const PERMISSIONS = 0o7777;

export function readRoot(image: string): RootOwner {
  const fd = openSync(image, "r");
  try {
    const { inode } = inodeOf(fd);
    return {
      uid: inode.readUInt32LE(INODE_FIELDS.uid),
      gid: inode.readUInt32LE(INODE_FIELDS.gid),
      mode: inode.readUInt16LE(INODE_FIELDS.mode) & PERMISSIONS,
    };
  } finally {
    closeSync(fd);
  }
}

/** Sets it where there is something to set; the image is on the disk afterwards. */
export async function patchRoot(image: string, root: RootOwner | undefined): Promise<void> {
  const fd = openSync(image, "r+");
  try {
    if (root !== undefined) {
      const { inode, at } = inodeOf(fd);
      const type = inode.readUInt16LE(INODE_FIELDS.mode) & ~PERMISSIONS;
      inode.writeUInt16LE(type | (root.mode & PERMISSIONS), INODE_FIELDS.mode);
      inode.writeUInt32LE(root.uid, INODE_FIELDS.uid);
      inode.writeUInt32LE(root.gid, INODE_FIELDS.gid);
      writeSync(fd, inode, 0, inode.length, at);
    }
    await syncLater(fd);
  } finally {
    closeSync(fd);
  }
}

function inodeOf(fd: number): { readonly inode: Buffer; readonly at: number } {
  const head = Buffer.alloc(HEAD_SIZE);
  readSync(fd, head, 0, head.length, 0);
  const at = rootInodeAt(head);
  const inode = Buffer.alloc(INODE_SIZE);
  readSync(fd, inode, 0, inode.length, at);
  return { inode, at };
}
