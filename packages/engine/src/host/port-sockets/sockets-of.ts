/** The bound sockets of another process, shared with it: a port stays taken until the last of its holders ends. */
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";
import { copyDescriptor, openPidfd } from "../sys/pidfd.ts";
import { HeldSocket } from "./held-socket.ts";

/** None for a process that is gone; undefined where the host does not let us look. */
export function socketsOf(pid: number, most: number): HeldSocket[] | undefined {
  const copies: HeldSocket[] = [];
  let pidfd: number | undefined;
  try {
    pidfd = openPidfd(pid);
    for (const fd of socketDescriptors(pid)) {
      if (copies.length === most) break;
      const copy = copyDescriptor(pidfd, fd);
      const held = HeldSocket.of(copy);
      if (held === undefined) closeSync(copy);
      else copies.push(held);
    }
    return copies;
  } catch (error) {
    for (const copy of copies) copy[Symbol.dispose]();
    // It ends, or runs another program, while we look.
    if (isErrno(error, "ESRCH", "ENOENT", "EBADF")) return [];
    if (isErrno(error, "EPERM", "EACCES", "ENOSYS")) return undefined;
    throw error;
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}

/** In order: a monitor has those that it was given before those that it opened itself. */
function* socketDescriptors(pid: number): Generator<number> {
  const directory = `/proc/${pid}/fd`;
  for (const name of readdirSync(directory)) {
    if (readlinkSync(`${directory}/${name}`).startsWith("socket:")) yield Number(name);
  }
}
