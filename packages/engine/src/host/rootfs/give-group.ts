/** Gives a volume to a group that may write to it, as Kubernetes does for `securityContext.fsGroup`. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  openSync,
  readdirSync,
  type Stats,
} from "node:fs";
import { O_PATH } from "../sys/openat2.ts";

const { O_NOFOLLOW, O_DIRECTORY } = constants;
const SET_GID = 0o2000;
const GROUP_WRITES = 0o060;
const ANY_EXECUTES = 0o111;
const GROUP_EXECUTES = 0o010;

/**
 * Everything below `path`, then `path` itself: where that one is the group's already all is taken to be (Kubernetes'
 * OnRootMismatch), and a walk that was cut short is begun anew. Other containers may be changing the tree: entries
 * are held by descriptors and no link is followed. Other file systems below are left alone.
 */
export function giveGroup(path: string, gid: number): void {
  const fd = openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    const top = fstatSync(fd);
    if (top.gid === gid && (top.mode & 0o7777) === shared(top)) return;
    giveTree(fd, top, { gid, device: top.dev });
  } finally {
    closeSync(fd);
  }
}

interface Gift {
  readonly gid: number;
  readonly device: number;
}

function giveTree(fd: number, stat: Stats, gift: Gift): void {
  if (stat.isDirectory()) {
    for (const name of readdirSync(`/proc/self/fd/${fd}`, { encoding: "buffer" })) giveEntry(fd, name, gift);
  }
  const held = `/proc/self/fd/${fd}`;
  chownSync(held, stat.uid, gift.gid);
  // A change of owner clears bits: the mode comes after it.
  chmodSync(held, shared(stat));
}

function giveEntry(parent: number, name: Buffer, gift: Gift): void {
  const path = Buffer.concat([Buffer.from(`/proc/self/fd/${parent}/`), name]);
  let fd: number;
  try {
    fd = openSync(path, O_PATH | O_NOFOLLOW);
  } catch (error) {
    // Somebody has removed it meanwhile.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (stat.dev !== gift.device) return;
    if (stat.isSymbolicLink()) lchownSync(path, stat.uid, gift.gid);
    else giveTree(fd, stat, gift);
  } finally {
    closeSync(fd);
  }
}

/** Permission bits with those of the group: `g+rwX`, and new entries of a directory become the group's as well. */
function shared(stat: Stats): number {
  const mode = stat.mode & 0o7777;
  if (stat.isDirectory()) return mode | GROUP_WRITES | GROUP_EXECUTES | SET_GID;
  // A program that ran as its old group must not run as this one.
  const plain = (mode & ~SET_GID) | GROUP_WRITES;
  return (mode & ANY_EXECUTES) === 0 ? plain : plain | GROUP_EXECUTES;
}
