/** Writes a file over without giving it another inode: it may be bound into containers. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** Never empty for a reader: written over first, cut after. */
export function overwriteInPlace(path: string, text: string): void {
  const fd = openSync(path, "r+");
  try {
    const bytes = Buffer.from(text);
    writeSync(fd, bytes, 0, bytes.length, 0);
    ftruncateSync(fd, bytes.length);
  } finally {
    closeSync(fd);
  }
}
