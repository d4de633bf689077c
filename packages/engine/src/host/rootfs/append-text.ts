/** Adds to a text file of an image, whatever links lead to it, and never outside of the root. */
import { closeSync, constants, fchownSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isErrno } from "../sys/libc.ts";
import { O_PATH, openInRoot } from "../sys/openat2.ts";

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const LINE_END = 0x0a;

/** See RootFiles. */
export function appendText(
  root: string,
  path: string,
  text: string,
  owner: { readonly uid: number; readonly gid: number },
): boolean {
  const top = openSync(root, O_PATH | O_DIRECTORY);
  try {
    const fd = openThere(top, path) ?? make(top, path, owner);
    if (fd === undefined) return false;
    try {
      if (!fstatSync(fd).isFile()) return false;
      writeSync(fd, endsLine(fd) ? text : `\n${text}`);
      return true;
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(top);
  }
}

function openThere(top: number, path: string): number | undefined {
  try {
    return openInRoot(top, path, O_RDWR | O_APPEND | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ENXIO")) return undefined;
    throw error;
  }
}

/** undefined where its directory is missing, or a link or a directory is in its place. */
function make(
  top: number,
  path: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): number | undefined {
  let directory: number | undefined;
  try {
    directory = openInRoot(top, dirname(path), O_PATH | O_DIRECTORY);
    const name = `/proc/self/fd/${directory}/${basename(path)}`;
    const fd = openSync(name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o644);
    fchownSync(fd, uid, gid);
    return fd;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EEXIST")) return undefined;
    throw error;
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

function endsLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === LINE_END);
}
