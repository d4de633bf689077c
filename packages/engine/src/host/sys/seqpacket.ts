/** Unix sockets of type SOCK_SEQPACKET, which node:net does not offer: conmon's attach socket. */
import { dlopen } from "bun:ffi";
import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { check, LIBC } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
/** sizeof(sockaddr_un.sun_path) */
const PATH_SIZE = 108;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** Two that speak to one another; each reads nothing once the other is closed. */
export function openSeqpacketPair(): readonly [number, number] {
  const fds = new Int32Array(2);
  check(libc().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), () => "open socket pair");
  return [fds[0] ?? -1, fds[1] ?? -1];
}

/** Connects to a socket at a path of any length. @throws HOST_CALL_FAILED (ENOENT, ECONNREFUSED) */
export function connectSeqpacket(path: string): number {
  // sun_path holds 107 bytes and bundles lie deep: the directory is named by a descriptor instead.
  const directory = openSync(dirname(path), O_PATH | constants.O_DIRECTORY);
  const fd = check(libc().socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), () => "socket");
  try {
    const address = socketAddress(`/proc/self/fd/${directory}/${basename(path)}`);
    check(libc().connect(fd, address, address.length), () => `connect ${path}`);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  } finally {
    closeSync(directory);
  }
}

function socketAddress(path: string): Buffer {
  const address = Buffer.alloc(2 + PATH_SIZE);
  if (Buffer.byteLength(path) >= PATH_SIZE) throw new RangeError(`socket path too long: ${path}`);
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  return address;
}
