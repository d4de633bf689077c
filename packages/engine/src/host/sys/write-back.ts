/** sync_file_range(2): the kernel starts to write a file out while more of it is made, so that the last fsync is short. */
import { dlopen } from "bun:ffi";
import { LIBC } from "./libc.ts";

const SYNC_FILE_RANGE_WRITE = 2;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, { sync_file_range: { args: ["i32", "i64", "i64", "u32"], returns: "i32" } }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/**
 * Asks for what was written to this part of a file to go to the disk, and does not wait for it. A hint: where a file
 * system cannot, nothing happens, and nothing of it is durable before an fsync.
 */
export function startWriteBack(fd: number, offset: number, length: number): void {
  libc().sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}
