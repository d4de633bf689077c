/** openat2(2): paths that an image chose cannot lead out of its root. */
import { dlopen } from "bun:ffi";
import { check, cstr, isErrno, LIBC } from "./libc.ts";

/** The same number on every architecture (added in Linux 5.6, after the tables were unified). */
const SYS_OPENAT2 = 437;
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;
const O_CLOEXEC = 0o2000000;
const NUL = Buffer.alloc(1);
export const O_PATH = 0o10000000;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    syscall: { args: ["i64", "i64", "ptr", "ptr", "u64"], returns: "i64" },
  }).symbols;
}

/** A descriptor of `path` (bytes where they may be no text) below the directory `rootFd`. @throws HOST_CALL_FAILED with `details.errno` */
export function openInRoot(rootFd: number, path: string | Buffer, flags: number): number {
  return openResolving(rootFd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/** As openInRoot, but a symlink or a mount on the way is an error: ELOOP, EXDEV. */
export function openPlain(rootFd: number, path: string | Buffer, flags: number): number {
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return openResolving(rootFd, path, flags, resolve);
}

/** As openPlain, but what is mounted below belongs to the tree. */
export function openThroughMounts(rootFd: number, path: string | Buffer, flags: number): number {
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return openResolving(rootFd, path, flags, resolve);
}

function openResolving(rootFd: number, path: string | Buffer, flags: number, resolve: number): number {
  library ??= open();
  const name = typeof path === "string" ? cstr(path) : Buffer.concat([path, NUL]);
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  for (let attempt = 0; ; attempt++) {
    try {
      return check(
        library.syscall(SYS_OPENAT2, rootFd, name, how, how.length),
        () => `open ${path.toString()}`,
      );
    } catch (error) {
      // The kernel gives up when a rename happens meanwhile anywhere; the man page says to try again.
      if (!isErrno(error, "EAGAIN") || attempt >= 64) throw error;
    }
  }
}
