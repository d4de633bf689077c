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
      const held = copyOf(pidfd, fd);
      if (held !== undefined) copies.push(held);
    }
    return copies;
  } catch (error) {
    for (const copy of copies) copy[Symbol.dispose]();
    // It ends while we look.
    if (isErrno(error, "ESRCH", "ENOENT")) return [];
    if (isErrno(error, "EPERM", "EACCES", "ENOSYS")) return undefined;
    throw error;
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}

/** Undefined for another kind of socket, and for one that was closed while we looked: others are not affected. */
function copyOf(pidfd: number, fd: number): HeldSocket | undefined {
  let copy: number;
  try {
    copy = copyDescriptor(pidfd, fd);
  } catch (error) {
    if (isErrno(error, "EBADF")) return undefined;
    throw error;
  }
  const held = HeldSocket.of(copy);
  if (held === undefined) closeSync(copy);
  return held;
}

/** In order: a monitor has those that it was given before those that it opened itself. */
function* socketDescriptors(pid: number): Generator<number> {
  const directory = `/proc/${pid}/fd`;
  for (const name of readdirSync(directory)) {
    if (linkTo(`${directory}/${name}`)?.startsWith("socket:") === true) yield Number(name);
  }
}

function linkTo(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
