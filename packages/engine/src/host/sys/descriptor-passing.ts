/** Open files as messages (unix(7), SCM_RIGHTS): what lies in a socket's queue stays open without a descriptor. */
import { dlopen, ptr } from "bun:ffi";
import { check, LIBC } from "./libc.ts";
import { AF, SOCK } from "./socket.ts";

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
export const MSG = { PEEK: 0x2, DONTWAIT: 0x40, CMSG_CLOEXEC: 0x40000000 } as const;
/** SCM_MAX_FD of the kernel. */
export const MOST_DESCRIPTORS = 253;
/** sizeof(struct cmsghdr) */
const CONTROL_HEADER = 16;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
    recvmsg: { args: ["i32", "ptr", "i32"], returns: "i64" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** Two datagram sockets that speak to nobody but one another; close-on-exec. */
export function openDatagramPair(): readonly [number, number] {
  const fds = new Int32Array(2);
  check(libc().socketpair(AF.UNIX, SOCK.DGRAM | SOCK.CLOEXEC, 0, fds), () => "open socket pair");
  return [fds[0] ?? -1, fds[1] ?? -1];
}

/** One message. @throws HOST_CALL_FAILED: EAGAIN when the queue is full, ETOOMANYREFS when too many are under way */
export function sendDescriptors(fd: number, text: Uint8Array, descriptors: readonly number[]): void {
  const control = Buffer.alloc(descriptors.length === 0 ? 0 : CONTROL_HEADER + align(descriptors.length * 4));
  if (descriptors.length > 0) {
    control.writeBigUInt64LE(BigInt(CONTROL_HEADER + descriptors.length * 4), 0);
    control.writeInt32LE(SOL_SOCKET, 8);
    control.writeInt32LE(SCM_RIGHTS, 12);
    for (const [i, descriptor] of descriptors.entries()) {
      control.writeInt32LE(descriptor, CONTROL_HEADER + i * 4);
    }
  }
  withHeader({ text, control }, (header) => {
    check(libc().sendmsg(fd, header, MSG.DONTWAIT), () => "send descriptors");
  });
}

export interface ReceivedMessage {
  readonly text: Buffer;
  /** Ours to close; none unless asked for: what is not taken is closed, or stays in the queue when peeked at. */
  readonly descriptors: readonly number[];
}

/** The next message, `size` bytes of it. @throws HOST_CALL_FAILED: EAGAIN when there is none */
export function receiveDescriptors(
  fd: number,
  options: { readonly size: number; readonly take: boolean; readonly flags?: number },
): ReceivedMessage {
  const text = Buffer.alloc(options.size);
  const control = Buffer.alloc(options.take ? CONTROL_HEADER + align(MOST_DESCRIPTORS * 4) : 0);
  const flags = (options.flags ?? 0) | MSG.DONTWAIT | MSG.CMSG_CLOEXEC;
  return withHeader({ text, control }, (header) => {
    const length = check(libc().recvmsg(fd, header, flags), () => "receive descriptors");
    const given = Number(header.readBigUInt64LE(40));
    return { text: text.subarray(0, length), descriptors: given === 0 ? [] : readRights(control) };
  });
}

function readRights(control: Buffer): number[] {
  if (control.readInt32LE(8) !== SOL_SOCKET || control.readInt32LE(12) !== SCM_RIGHTS) return [];
  const count = (Number(control.readBigUInt64LE(0)) - CONTROL_HEADER) / 4;
  return Array.from({ length: count }, (_, i) => control.readInt32LE(CONTROL_HEADER + i * 4));
}

/** struct msghdr with one struct iovec, of a 64-bit machine. */
function withHeader<T>(
  { text, control }: { readonly text: Uint8Array; readonly control: Buffer },
  use: (header: Buffer) => T,
): T {
  const vector = Buffer.alloc(16);
  if (text.length > 0) vector.writeBigUInt64LE(BigInt(ptr(text)), 0);
  vector.writeBigUInt64LE(BigInt(text.length), 8);
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(BigInt(ptr(vector)), 16);
  header.writeBigUInt64LE(1n, 24);
  if (control.length > 0) header.writeBigUInt64LE(BigInt(ptr(control)), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  return use(header);
}

function align(size: number): number {
  return (size + 7) & ~7;
}
