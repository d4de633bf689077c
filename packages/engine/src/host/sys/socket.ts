/** Sockets that node:net has no word for: netlink, bound but not listening. By ffi, non-blocking on request. */
import { dlopen } from "bun:ffi";
import { check, LIBC } from "./libc.ts";

export const AF = { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16 } as const;
export const SOCK = {
  STREAM: 1,
  DGRAM: 2,
  RAW: 3,
  SEQPACKET: 5,
  NONBLOCK: 0o4000,
  CLOEXEC: 0o2000000,
} as const;
export const SOL = { SOCKET: 1, IPV6: 41, NETLINK: 270 } as const;
export const O = { CLOEXEC: 0o2000000, NONBLOCK: 0o4000 } as const;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

export interface SocketKind {
  readonly family: number;
  /** A SOCK type, with SOCK.NONBLOCK where wanted; close-on-exec always. */
  readonly type: number;
  readonly protocol?: number;
}

/** @throws HOST_CALL_FAILED with `details.errno`, as all calls here. */
export function openSocket(kind: SocketKind): number {
  return check(
    libc().socket(kind.family, kind.type | SOCK.CLOEXEC, kind.protocol ?? 0),
    () => `open socket of family ${kind.family}`,
  );
}

/** `address` is a sockaddr; see inetAddress, netlinkAddress. */
export function bindSocket(fd: number, address: Buffer): void {
  check(libc().bind(fd, address, address.length), () => "bind socket");
}

/** Gives the number of bytes taken; for SEQPACKET and netlink the whole buffer is one message. */
export function send(fd: number, bytes: Uint8Array, flags = 0): number {
  return check(libc().send(fd, bytes, bytes.length, flags), () => "send on socket");
}

/** Gives the number of bytes read, 0 at the end. Blocks unless the socket is non-blocking. */
export function receive(fd: number, into: Uint8Array, flags = 0): number {
  return check(libc().recv(fd, into, into.length, flags), () => "receive from socket");
}

export function setIntOption(fd: number, option: { level: number; name: number }, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  const result = libc().setsockopt(fd, option.level, option.name, bytes, bytes.length);
  check(result, () => `set socket option ${option.level}:${option.name}`);
}

export function intOption(fd: number, option: { level: number; name: number }): number {
  const bytes = Buffer.alloc(4);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  const result = libc().getsockopt(fd, option.level, option.name, bytes, length);
  check(result, () => `read socket option ${option.level}:${option.name}`);
  return bytes.readInt32LE(0);
}

/** Where a socket is bound; undefined for one that is not of IPv4 or IPv6. */
export function boundTo(fd: number): { readonly bytes: Uint8Array; readonly port: number } | undefined {
  const address = Buffer.alloc(128);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(address.length);
  check(libc().getsockname(fd, address, length), () => "read socket name");
  const port = address.readUInt16BE(2);
  switch (address.readUInt16LE(0)) {
    case AF.INET:
      return { bytes: address.subarray(4, 8), port };
    case AF.INET6:
      return { bytes: address.subarray(8, 24), port };
    default:
      return undefined;
  }
}

/** `bytes` are the 4 or 16 of the address in network order. */
export function inetAddress(bytes: Uint8Array, port: number): Buffer {
  const v6 = bytes.length === 16;
  const address = Buffer.alloc(v6 ? 28 : 16);
  address.writeUInt16LE(v6 ? AF.INET6 : AF.INET);
  address.writeUInt16BE(port, 2);
  address.set(bytes, v6 ? 8 : 4);
  return address;
}

export function netlinkAddress(): Buffer {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF.NETLINK);
  return address;
}
