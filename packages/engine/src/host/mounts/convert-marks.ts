/** Deletions in a directory of changes, from fuse-overlayfs's way of noting them to the kernel's, and what neither shares. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, openSync, readdirSync } from "node:fs";
import {
  getXattrOf,
  lstatBytes,
  mknodBytes,
  removeXattrOf,
  setXattrOf,
  unlinkBytes,
} from "../sys/byte-files.ts";
import { isErrno } from "../sys/libc.ts";
import {
  FUSE_OPAQUE,
  FUSE_ORIGIN,
  OPAQUE_NAME,
  overlayMarks,
  WHITEOUT_PREFIX,
} from "../sys/overlay-marks.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFCHR = 0o020000;
const SLASH = Buffer.from("/");
const PREFIX = Buffer.from(WHITEOUT_PREFIX);
/** fuse-overlayfs leaves a deletion of its own mark behind. */
const OPAQUE_REMAINS = ".wh..opq";
const BORROWED = ["overlay.redirect", "overlay.metacopy"].flatMap((key) => [`trusted.${key}`, `user.${key}`]);

/** What may be seen in either form meanwhile is never seen in none. Safe to repeat after a kill. */
export function toKernelMarks(directory: string): void {
  walk(Buffer.from(directory), (path, names) => {
    const opaque = withDirectory(path, (fd) => {
      const marked = getXattrOf(fd, FUSE_OPAQUE)?.toString("latin1") === "y" || names.has(OPAQUE_NAME);
      if (marked) setXattrOf(fd, overlayMarks().opaque, Buffer.from("y"));
      for (const key of [FUSE_OPAQUE, FUSE_ORIGIN]) removeXattrOf(fd, key);
      return marked;
    });
    if (opaque)
      for (const name of [OPAQUE_NAME, OPAQUE_REMAINS]) removeIfThere(joined(path, Buffer.from(name)));
    for (const name of names.values()) if (isMark(name)) toDeviceNode(path, name);
  });
}

/** @throws HOST_CALL_FAILED where the kernel noted what fuse-overlayfs does not understand */
export function refuseBorrowed(directory: string): void {
  walk(Buffer.from(directory), (path, names) => {
    for (const name of ["", ...names.keys()]) {
      const child = name === "" ? path : joined(path, names.get(name) ?? Buffer.alloc(0));
      const type = typeOf(child);
      if (type !== S_IFDIR && type !== S_IFREG) continue;
      const fd = openSync(child, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        if (BORROWED.every((key) => getXattrOf(fd, key) === undefined)) continue;
      } finally {
        closeSync(fd);
      }
      throw new EngineError(
        "HOST_CALL_FAILED",
        `${directory} cannot be mounted by fuse-overlayfs: the kernel wrote it with redirect_dir or metacopy`,
        { hint: "take mount_program out of storage.conf, or make the container anew" },
      );
    }
  });
}

/** Names as latin1 text, with their bytes. */
type Names = ReadonlyMap<string, Buffer>;

function walk(top: Buffer, visit: (path: Buffer, names: Names) => void): void {
  const pending = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const names = new Map<string, Buffer>();
    for (const name of readdirSync(path, { encoding: "buffer" }))
      names.set(name.toString("latin1"), Buffer.from(name));
    for (const name of names.values()) {
      const child = joined(path, name);
      if (typeOf(child) === S_IFDIR) pending.push(child);
    }
    visit(path, names);
  }
}

/** undefined for a mark that another command, which is at the same, has just taken away. */
function typeOf(path: Buffer): number | undefined {
  try {
    return lstatBytes(path).mode & S_IFMT;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

function isMark(name: Buffer): boolean {
  const text = name.toString("latin1");
  return text.startsWith(WHITEOUT_PREFIX) && text !== OPAQUE_NAME && text !== OPAQUE_REMAINS;
}

function toDeviceNode(directory: Buffer, name: Buffer): void {
  try {
    mknodBytes(joined(directory, name.subarray(PREFIX.length)), S_IFCHR, 0n);
  } catch (error) {
    // Of an earlier try; or the name was made anew and only the mark was left.
    if (!isErrno(error, "EEXIST")) throw error;
  }
  removeIfThere(joined(directory, name));
}

function removeIfThere(path: Buffer): void {
  try {
    unlinkBytes(path, "file");
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function withDirectory<T>(path: Buffer, use: (fd: number) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function joined(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, SLASH, name]);
}
