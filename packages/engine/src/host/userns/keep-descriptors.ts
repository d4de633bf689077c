/** Descriptors that the caller has opened for a container's process go along on the way in: `--preserve-fds`. */
import { dlopen } from "bun:ffi";
import { readdirSync, readlinkSync } from "node:fs";
import { LIBC } from "../sys/libc.ts";

const F_SETFD = 2;
/** What the runtime's event loop is made of. */
const RUNTIMES_OWN = /^anon_inode:\[(eventpoll|eventfd|timerfd|io_uring)\]$/;

/** The runtime marks all that it inherits as close-on-exec when it starts; this takes the marks back. */
export function keepDescriptors(): void {
  const { fcntl } = dlopen(LIBC, { fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } }).symbols;
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (fd > 2 && isInherited(fd)) fcntl(fd, F_SETFD, 0);
  }
}

function isInherited(fd: number): boolean {
  try {
    return !RUNTIMES_OWN.test(readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    // The one by which the directory was read.
    return false;
  }
}
