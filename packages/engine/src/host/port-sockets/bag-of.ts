/** Finds the bag of bound sockets that a monitor keeps open, and shares it. */
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";
import { copyDescriptor, openPidfd } from "../sys/pidfd.ts";
import { AF, intOption, SOCK, SOL } from "../sys/socket.ts";
import { isQueue, SocketBag } from "./port-bag.ts";

const SO_TYPE = { level: SOL.SOCKET, name: 3 };
const SO_DOMAIN = { level: SOL.SOCKET, name: 39 };

/** "none" for a process that has no bag, or is gone; undefined where the host does not let us look. */
export function bagOf(pid: number): SocketBag | "none" | undefined {
  let pidfd: number | undefined;
  let sender: number | undefined;
  try {
    pidfd = openPidfd(pid);
    // The pair was handed over side by side, the sending end first.
    for (const fd of socketDescriptors(pid)) {
      const copy = copyOf(pidfd, fd);
      if (copy === undefined) continue;
      if (sender !== undefined && isQueue(copy)) {
        const bag = new SocketBag(sender, copy);
        sender = undefined;
        return bag;
      }
      if (sender !== undefined) closeSync(sender);
      sender = copy;
    }
    return "none";
  } catch (error) {
    // It ends while we look.
    if (isErrno(error, "ESRCH", "ENOENT")) return "none";
    if (isErrno(error, "EPERM", "EACCES", "ENOSYS")) return undefined;
    throw error;
  } finally {
    if (sender !== undefined) closeSync(sender);
    if (pidfd !== undefined) closeSync(pidfd);
  }
}

/** Undefined for another kind of socket, and for one that was closed while we looked: others are not affected. */
function copyOf(pidfd: number, fd: number): number | undefined {
  let copy: number;
  try {
    copy = copyDescriptor(pidfd, fd);
  } catch (error) {
    if (isErrno(error, "EBADF")) return undefined;
    throw error;
  }
  if (intOption(copy, SO_DOMAIN) === AF.UNIX && intOption(copy, SO_TYPE) === SOCK.DGRAM) return copy;
  closeSync(copy);
  return undefined;
}

/** In order of their numbers. */
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
