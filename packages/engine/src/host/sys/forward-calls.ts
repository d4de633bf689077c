/**
 * The system calls of the port forwarder's loop. Failures are values: a negative result is minus errno. It loads nothing
 * but the foreign function interface, for the process that uses it is started with each published sandbox.
 */
import { dlopen, type Pointer, ptr, read } from "bun:ffi";

export const E = {
  PERM: 1,
  NOENT: 2,
  INTR: 4,
  IO: 5,
  AGAIN: 11,
  NFILE: 23,
  MFILE: 24,
  PIPE: 32,
  ADDRINUSE: 98,
  ADDRNOTAVAIL: 99,
  CONNABORTED: 103,
  NOBUFS: 105,
  CONNREFUSED: 111,
  INPROGRESS: 115,
} as const;

export const EPOLL = { IN: 1, OUT: 4, ERR: 8, HUP: 0x10, RDHUP: 0x2000, ET: 0x80000000 } as const;
export const CTL = { ADD: 1, DEL: 2 } as const;

const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;
const SPLICE_MOVE_NONBLOCK = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
/** sizeof(struct cmsghdr) */
const CMSG_HEADER = 16;
const MSG_NOSIGNAL_DONTWAIT = 0x4040;
const IN_DELETE = 0x200;
const IN_DELETE_SELF = 0x400;

let library: ReturnType<typeof open> | undefined;
function open() {
  const { symbols } = dlopen("libc.so.6", {
    __errno_location: { args: [], returns: "ptr" },
    accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    creat: { args: ["ptr", "u32"], returns: "i32" },
    epoll_create1: { args: ["i32"], returns: "i32" },
    epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    inotify_add_watch: { args: ["i32", "ptr", "u32"], returns: "i32" },
    inotify_init1: { args: ["i32"], returns: "i32" },
    listen: { args: ["i32", "i32"], returns: "i32" },
    open: { args: ["ptr", "i32"], returns: "i32" },
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    read: { args: ["i32", "ptr", "usize"], returns: "i32" },
    recv: { args: ["i32", "ptr", "usize", "i32"], returns: "i32" },
    recvmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
    send: { args: ["i32", "ptr", "usize", "i32"], returns: "i32" },
    sendmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
    setns: { args: ["i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    shutdown: { args: ["i32", "i32"], returns: "i32" },
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    // Never more than 2 GB at once: what it gives fits in 32 bits.
    splice: { args: ["i32", "ptr", "i32", "ptr", "usize", "u32"], returns: "i32" },
    unlink: { args: ["ptr"], returns: "i32" },
    write: { args: ["i32", "ptr", "usize"], returns: "i32" },
  });
  const at: unknown = symbols.__errno_location();
  return { ...symbols, errno: Number(at) as Pointer };
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** The place of errno is looked up once: nothing comes between a failed call and this but a read of memory. */
function settled(result: number): number {
  return result >= 0 ? result : -(read.i32(libc().errno, 0) || E.IO);
}

const word = new Int32Array(2);

function cstr(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

export function closeFd(fd: number): void {
  libc().close(fd);
}

export function openFile(path: string, access: "read" | "write"): number {
  return settled(libc().open(cstr(path), CLOEXEC | (access === "read" ? 0 : 1)));
}

/** Made where it is missing. */
export function writeFile(path: string, text: string): number {
  return written(settled(libc().creat(cstr(path), 0o600)), text);
}

/** Of one that is there: a sysctl. */
export function overwrite(path: string, text: string): number {
  return written(openFile(path, "write"), text);
}

function written(fd: number, text: string): number {
  if (fd < 0) return fd;
  const bytes = Buffer.from(text);
  const result = settled(libc().write(fd, bytes, bytes.length));
  libc().close(fd);
  return result;
}

export function removeFile(path: string): void {
  libc().unlink(cstr(path));
}

/** `address` is filled with the peer's sockaddr. */
export function accept(fd: number, address: Buffer): number {
  word[0] = address.length;
  return settled(libc().accept4(fd, address, word, CLOEXEC | NONBLOCK));
}

export function bind(fd: number, address: Buffer): number {
  return settled(libc().bind(fd, address, address.length));
}

export function connect(fd: number, address: Buffer): number {
  return settled(libc().connect(fd, address, address.length));
}

/** It no longer blocks who accepts. */
export function listen(fd: number, backlog: number): number {
  libc().fcntl(fd, F_SETFL, NONBLOCK);
  return settled(libc().listen(fd, backlog));
}

/** Non-blocking. */
export function socket(family: number, type: number, protocol = 0): number {
  return settled(libc().socket(family, type | CLOEXEC | NONBLOCK, protocol));
}

export function localAddress(fd: number, address: Buffer): number {
  word[0] = address.length;
  return settled(libc().getsockname(fd, address, word));
}

export interface SocketOption {
  readonly level: number;
  readonly name: number;
}

export function setOption(fd: number, { level, name }: SocketOption, value: number): number {
  word[0] = value;
  return settled(libc().setsockopt(fd, level, name, word, 4));
}

/** SO_LINGER with no time: closing sends a reset. */
export function resetAtClose(fd: number): void {
  word[0] = 1;
  word[1] = 0;
  libc().setsockopt(fd, 1, 13, word, 8);
}

/** SO_ERROR, which is cleared by it. */
export function socketError(fd: number): number {
  const value = new Int32Array(2);
  value[1] = 4;
  const result = settled(libc().getsockopt(fd, 1, 4, value, value.subarray(1)));
  return result < 0 ? -result : (value[0] ?? 0);
}

export function endWriting(fd: number): number {
  return settled(libc().shutdown(fd, 1));
}

/** Moves bytes without copying them; one end is a pipe. */
export function splice(from: number, to: number, length: number): number {
  return settled(libc().splice(from, null, to, null, length, SPLICE_MOVE_NONBLOCK));
}

/** Its ends, or minus errno. `size` is a wish. */
export function pipe(size: number): { readonly read: number; readonly write: number } | number {
  const result = settled(libc().pipe2(word, CLOEXEC | NONBLOCK));
  if (result < 0) return result;
  const [readEnd = -1, write = -1] = word;
  libc().fcntl(write, F_SETPIPE_SZ, size);
  return { read: readEnd, write };
}

export function receive(fd: number, into: Uint8Array): number {
  return settled(libc().recv(fd, into, into.length, MSG_NOSIGNAL_DONTWAIT));
}

export function send(fd: number, bytes: Uint8Array, length = bytes.length): number {
  return settled(libc().send(fd, bytes, length, MSG_NOSIGNAL_DONTWAIT));
}

export function enterNamespace(fd: number): number {
  return settled(libc().setns(fd, 0x40000000));
}

export function readInto(fd: number, into: Uint8Array): number {
  return settled(libc().read(fd, into, into.length));
}

/** A descriptor that is readable once something was removed from the directory, or itself. */
export function watchRemoval(directory: string): number {
  const fd = settled(libc().inotify_init1(CLOEXEC | NONBLOCK));
  if (fd < 0) return fd;
  const watch = settled(libc().inotify_add_watch(fd, cstr(directory), IN_DELETE | IN_DELETE_SELF));
  if (watch >= 0) return fd;
  libc().close(fd);
  return watch;
}

/** Bytes that stay where they are: those of a small Buffer are moved when somebody asks for a part of it. */
function steady(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size));
}

/** struct msghdr with one struct iovec, of a 64-bit machine; its buffers are used again for each message. */
export class Message {
  readonly name = steady(28);
  readonly control: Buffer;
  readonly data: Buffer;
  readonly #header = steady(56);
  readonly #vector = steady(16);

  constructor(size: { readonly data: number; readonly control: number }) {
    this.data = steady(size.data);
    this.control = steady(size.control);
    this.#vector.writeBigUInt64LE(BigInt(ptr(this.data)), 0);
    this.#header.writeBigUInt64LE(BigInt(ptr(this.#vector)), 16);
    this.#header.writeBigUInt64LE(1n, 24);
    this.#header.writeBigUInt64LE(BigInt(ptr(this.control)), 32);
  }

  /** The number of bytes; name and control are filled as well. */
  receive(fd: number): number {
    this.#named(this.name.length, this.control.length);
    this.#vector.writeUInt32LE(this.data.length, 8);
    return settled(libc().recvmsg(fd, this.#header, MSG_NOSIGNAL_DONTWAIT | 0x40000000));
  }

  /** Of what the last call has filled. */
  get nameLength(): number {
    return this.#header.readUInt32LE(8);
  }

  /** Without what the system has left of its padding. */
  get controlLength(): number {
    const space = this.#header.readUInt32LE(40);
    return space < CMSG_HEADER ? 0 : Math.min(space, this.control.readUInt32LE(0));
  }

  send(
    fd: number,
    lengths: { readonly name: number; readonly control: number; readonly data: number },
  ): number {
    this.#named(lengths.name, lengths.control);
    this.#vector.writeUInt32LE(lengths.data, 8);
    return settled(libc().sendmsg(fd, this.#header, MSG_NOSIGNAL_DONTWAIT));
  }

  #named(name: number, control: number): void {
    this.#header.writeBigUInt64LE(name === 0 ? 0n : BigInt(ptr(this.name)), 0);
    this.#header.writeUInt32LE(name, 8);
    this.#header.writeUInt32LE(control, 40);
  }
}

/** epoll(7). Events are hints: whoever gets one tries, and finds that there is nothing. */
export class Poll {
  readonly #fd: number;
  readonly #one: Buffer;
  readonly #many: Buffer;
  readonly #size: number;
  readonly #data: number;

  constructor(most: number) {
    // struct epoll_event is packed on x86-64 alone.
    const packed = process.arch === "x64";
    this.#size = packed ? 12 : 16;
    this.#data = packed ? 4 : 8;
    this.#one = Buffer.alloc(this.#size);
    this.#many = Buffer.alloc(this.#size * most);
    this.#fd = settled(libc().epoll_create1(CLOEXEC));
  }

  add(fd: number, events: number): number {
    this.#one.writeUInt32LE(events >>> 0, 0);
    this.#one.writeInt32LE(fd, this.#data);
    return settled(libc().epoll_ctl(this.#fd, CTL.ADD, fd, this.#one));
  }

  remove(fd: number): void {
    libc().epoll_ctl(this.#fd, CTL.DEL, fd, this.#one);
  }

  /** The number of events; see `event`. A negative time is for ever. */
  wait(milliseconds: number): number {
    return settled(libc().epoll_wait(this.#fd, this.#many, this.#many.length / this.#size, milliseconds));
  }

  fdAt(index: number): number {
    return this.#many.readInt32LE(index * this.#size + this.#data);
  }

  eventsAt(index: number): number {
    return this.#many.readUInt32LE(index * this.#size);
  }
}
