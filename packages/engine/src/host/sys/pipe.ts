/** pipe2(2): both ends close-on-exec, so that only a child that is given one gets it. */
import { dlopen } from "bun:ffi";
import { closeSync, read as readBytes } from "node:fs";
import { check, LIBC } from "./libc.ts";

const O_CLOEXEC = 0o2000000;

const O_NONBLOCK = 0o4000;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const WIDE = 1 << 20;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** `least`: no end has a lower number. */
export function makePipe(least = 0): Pipe {
  const fds = new Int32Array(2);
  check(libc().pipe2(fds, O_CLOEXEC), () => "pipe2");
  const [read = -1, write = -1] = fds;
  return { read: raised(read, least), write: raised(write, least) };
}

function raised(fd: number, least: number): number {
  if (fd >= least) return fd;
  const copy = duplicate(fd, least);
  closeSync(fd);
  return copy;
}

/** The same open file under another number, `least` or more; close-on-exec. */
export function duplicate(fd: number, least: number): number {
  return check(libc().fcntl(fd, F_DUPFD_CLOEXEC, least), () => "fcntl F_DUPFD_CLOEXEC");
}

/** A pipe of 1 MB where the system allows it: fewer and larger reads. Writing gives EAGAIN when it is full. */
export function makeWidePipe(): Pipe {
  const pipe = makePipe();
  libc().fcntl(pipe.write, F_SETPIPE_SZ, WIDE);
  check(libc().fcntl(pipe.write, F_SETFL, O_NONBLOCK), () => "fcntl O_NONBLOCK");
  return pipe;
}

/** What a child writes first; "" when it ends without a word. */
export function readOnce(fd: number): Promise<string> {
  const buffer = Buffer.alloc(64);
  return new Promise((resolve, reject) => {
    readBytes(fd, buffer, 0, buffer.length, null, (error, length) =>
      error === null ? resolve(buffer.toString("utf8", 0, length)) : reject(error),
    );
  });
}
