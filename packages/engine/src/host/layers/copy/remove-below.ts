/** Removes a directory and all below it, by descriptors: a name that becomes a link meanwhile leads nowhere. */
import { closeSync, constants, readdirSync } from "node:fs";
import { lstatBytes, openBytes, unlinkBytes } from "../../sys/byte-files.ts";
import { isErrno } from "../../sys/libc.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | 0o2000000;

/** `name` is a directory; its own last part is not followed. */
export function removeBelow(name: Buffer): void {
  const fd = openBytes(name, FLAGS, 0);
  try {
    const here = Buffer.from(`/proc/self/fd/${fd}`);
    for (const child of readdirSync(here, { encoding: "buffer" })) {
      const path = Buffer.concat([here, Buffer.from("/"), Buffer.from(child)]);
      if ((lstatBytes(path).mode & S_IFMT) === S_IFDIR) removeBelow(path);
      else unlinkIfThere(path);
    }
  } finally {
    closeSync(fd);
  }
  unlinkBytes(name, "directory");
}

function unlinkIfThere(path: Buffer): void {
  try {
    unlinkBytes(path, "file");
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
