/** Bytes of the regular files in a directory tree, each inode once, symbolic links not followed. */
import { lstatSync, readdirSync, type Stats } from "node:fs";
import { isErrno } from "../sys/libc.ts";

/** 0 for a directory that is not there; what vanishes during the walk is left out. */
export function treeSize(directory: string): number {
  const seen = new Set<number>();
  // Names are bytes: an image may hold some that are no UTF-8.
  const pending: Buffer[] = [Buffer.from(directory)];
  let total = 0;
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    for (const name of namesIn(current)) {
      const path = Buffer.concat([current, SLASH, name]);
      const stats = statOf(path);
      if (stats === undefined) continue;
      if (stats.isDirectory()) pending.push(path);
      else if (stats.isFile() && !isKnown(stats, seen)) total += stats.size;
    }
  }
  return total;
}

const SLASH = Buffer.from("/");

/** Hard links are one file. */
function isKnown(stats: Stats, seen: Set<number>): boolean {
  if (stats.nlink < 2) return false;
  if (seen.has(stats.ino)) return true;
  seen.add(stats.ino);
  return false;
}

function namesIn(directory: Buffer): Buffer[] {
  try {
    return readdirSync(directory, { encoding: "buffer" });
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function statOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
