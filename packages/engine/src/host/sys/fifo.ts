/** What lies in a pipe or fifo unread. */
import { dlopen } from "bun:ffi";
import { check, LIBC } from "./libc.ts";

const FIONREAD = 0x541b;

function load() {
  return dlopen(LIBC, { ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" } }).symbols;
}

let loaded: ReturnType<typeof load> | undefined;

/** `fd` may be either end. */
export function bytesWaiting(fd: number): number {
  loaded ??= load();
  const count = new Int32Array(1);
  check(loaded.ioctl(fd, FIONREAD, count), () => "look into a fifo");
  return count[0] ?? 0;
}
