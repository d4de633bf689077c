/** File calls whose names are bytes and whose times are nanoseconds; node:fs has neither throughout. */
import { dlopen } from "bun:ffi";
import { errno, isErrno, LIBC, sysError } from "./libc.ts";

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const STATX_BASIC_STATS = 0x7ff;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    open: { args: ["ptr", "i32", "u32"], returns: "i32" },
    mkdir: { args: ["ptr", "u32"], returns: "i32" },
    mknod: { args: ["ptr", "u32", "u64"], returns: "i32" },
    symlink: { args: ["ptr", "ptr"], returns: "i32" },
    readlink: { args: ["ptr", "ptr", "u64"], returns: "i64" },
    linkat: { args: ["i32", "ptr", "i32", "ptr", "i32"], returns: "i32" },
    unlinkat: { args: ["i32", "ptr", "i32"], returns: "i32" },
    lchown: { args: ["ptr", "u32", "u32"], returns: "i32" },
    chmod: { args: ["ptr", "u32"], returns: "i32" },
    lsetxattr: { args: ["ptr", "ptr", "ptr", "u64", "i32"], returns: "i32" },
    listxattr: { args: ["ptr", "ptr", "u64"], returns: "i64" },
    getxattr: { args: ["ptr", "ptr", "ptr", "u64"], returns: "i64" },
    readlinkat: { args: ["i32", "ptr", "ptr", "u64"], returns: "i64" },
    fremovexattr: { args: ["i32", "ptr"], returns: "i32" },
    fsetxattr: { args: ["i32", "ptr", "ptr", "u64", "i32"], returns: "i32" },
    utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
    statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
    syncfs: { args: ["i32"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** Opens the library now: a confined process can no longer find it. */
export function loadByteFiles(): void {
  libc();
  errno();
}

/**
 * Asks for errno before anything is allocated. The garbage collector looks into /proc, which a confined process has
 * not, and leaves ENOENT there: a directory that existed was then taken for one that was missing.
 */
function check(call: () => number | bigint, what: () => string): number {
  const result = call();
  if (result >= 0) return Number(result);
  const number = errno();
  throw sysError(what(), number);
}

/** A name as the kernel wants it. It must hold no NUL of its own: the caller has refused those. */
export function zeroTerminated(name: Buffer): Buffer {
  return Buffer.concat([name, Buffer.of(0)]);
}

const shown = (name: Buffer): string => JSON.stringify(name.toString("utf8"));

export function openBytes(name: Buffer, flags: number, mode: number): number {
  return check(
    () => libc().open(zeroTerminated(name), flags, mode),
    () => `open ${shown(name)}`,
  );
}

export function mkdirBytes(name: Buffer, mode: number): void {
  check(
    () => libc().mkdir(zeroTerminated(name), mode),
    () => `mkdir ${shown(name)}`,
  );
}

export function mknodBytes(name: Buffer, mode: number, device: bigint): void {
  check(
    () => libc().mknod(zeroTerminated(name), mode, device),
    () => `mknod ${shown(name)}`,
  );
}

export function symlinkBytes(target: Buffer, name: Buffer): void {
  check(
    () => libc().symlink(zeroTerminated(target), zeroTerminated(name)),
    () => `symlink ${shown(name)}`,
  );
}

const LONGEST_TARGET = 4096;

/** undefined for what is no symlink, or not there. */
export function readlinkBytes(name: Buffer): Buffer | undefined {
  const target = Buffer.alloc(LONGEST_TARGET);
  try {
    const length = check(
      () => libc().readlink(zeroTerminated(name), target, target.length),
      () => `readlink ${shown(name)}`,
    );
    return target.subarray(0, length);
  } catch (error) {
    if (isErrno(error, "EINVAL", "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Links the file itself; a symlink at `target` is linked, not followed. */
export function linkBytes(target: Buffer, name: Buffer): void {
  check(
    () => libc().linkat(AT_FDCWD, zeroTerminated(target), AT_FDCWD, zeroTerminated(name), 0),
    () => `link ${shown(name)} to ${shown(target)}`,
  );
}

export function unlinkBytes(name: Buffer, what: "file" | "directory"): void {
  const flags = what === "directory" ? AT_REMOVEDIR : 0;
  check(
    () => libc().unlinkat(AT_FDCWD, zeroTerminated(name), flags),
    () => `remove ${shown(name)}`,
  );
}

export function lchownBytes(name: Buffer, uid: number, gid: number): void {
  check(
    () => libc().lchown(zeroTerminated(name), uid, gid),
    () => `chown ${shown(name)}`,
  );
}

/** Follows symlinks: never for a symlink's own name. */
export function chmodBytes(name: Buffer, mode: number): void {
  check(
    () => libc().chmod(zeroTerminated(name), mode),
    () => `chmod ${shown(name)}`,
  );
}

export function setXattr(name: Buffer, key: string, value: Buffer): void {
  const keyBytes = zeroTerminated(Buffer.from(key, "latin1"));
  // The kernel takes no null pointer for an empty value, and ffi gives none for an empty buffer.
  const data = value.length === 0 ? Buffer.alloc(1) : value;
  check(
    () => libc().lsetxattr(zeroTerminated(name), keyBytes, data, value.length, 0),
    () => `set ${key} on ${shown(name)}`,
  );
}

export function setXattrOf(fd: number, key: string, value: Buffer): void {
  const keyBytes = zeroTerminated(Buffer.from(key, "latin1"));
  const data = value.length === 0 ? Buffer.alloc(1) : value;
  check(
    () => libc().fsetxattr(fd, keyBytes, data, value.length, 0),
    () => `set ${key}`,
  );
}

const XATTR_ROOM = 1 << 16;

/** One that is not there is no error, nor a file system without them. */
export function removeXattrOf(fd: number, key: string): void {
  try {
    check(
      () => libc().fremovexattr(fd, zeroTerminated(Buffer.from(key))),
      () => `remove extended attribute ${key}`,
    );
  } catch (error) {
    if (!isErrno(error, "ENODATA", "ENOTSUP", "EOPNOTSUPP")) throw error;
  }
}

/** Names of the attributes of an open file, opened by O_PATH or otherwise, as latin1 text. */
export function listXattrsOf(fd: number): string[] {
  const names = Buffer.alloc(XATTR_ROOM);
  try {
    const length = check(
      () => libc().listxattr(procPath(fd), names, names.length),
      () => "list extended attributes",
    );
    if (length === 0) return [];
    return names.toString("latin1", 0, length - 1).split("\0");
  } catch (error) {
    // A file system, or a kind of file, that has none.
    if (isErrno(error, "ENOTSUP", "EOPNOTSUPP", "EPERM")) return [];
    throw error;
  }
}

/** undefined where it has gone meanwhile. */
export function getXattrOf(fd: number, key: string): Buffer | undefined {
  const value = Buffer.alloc(XATTR_ROOM);
  const keyBytes = zeroTerminated(Buffer.from(key, "latin1"));
  try {
    const length = check(
      () => libc().getxattr(procPath(fd), keyBytes, value, value.length),
      () => `read attribute ${key}`,
    );
    return value.subarray(0, length);
  } catch (error) {
    if (isErrno(error, "ENODATA")) return undefined;
    throw error;
  }
}

/** Of a symlink that was opened by O_PATH itself. */
export function readlinkOf(fd: number): Buffer {
  const target = Buffer.alloc(LONGEST_TARGET);
  const length = check(
    () => libc().readlinkat(fd, Buffer.alloc(1), target, target.length),
    () => "readlink",
  );
  return target.subarray(0, length);
}

/** The way to calls that take no descriptor of O_PATH. */
function procPath(fd: number): Buffer {
  return Buffer.from(`/proc/self/fd/${fd}\0`);
}

export interface FileTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Sets access and modification time of the name itself. */
export function setTimes(name: Buffer, access: FileTime, modification: FileTime): void {
  const times = Buffer.alloc(32);
  times.writeBigInt64LE(BigInt(access.seconds), 0);
  times.writeBigInt64LE(BigInt(access.nanoseconds), 8);
  times.writeBigInt64LE(BigInt(modification.seconds), 16);
  times.writeBigInt64LE(BigInt(modification.nanoseconds), 24);
  check(
    () => libc().utimensat(AT_FDCWD, zeroTerminated(name), times, AT_SYMLINK_NOFOLLOW),
    () => `set the times of ${shown(name)}`,
  );
}

export interface BytesStat {
  /** Type and permission bits. */
  readonly mode: number;
  readonly size: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/** statx(2): its layout is the same on every machine. @throws HOST_CALL_FAILED (ENOENT, …) */
export function lstatBytes(name: Buffer): BytesStat {
  const buffer = Buffer.alloc(256);
  check(
    () => libc().statx(AT_FDCWD, zeroTerminated(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, buffer),
    () => `stat ${shown(name)}`,
  );
  return {
    mode: buffer.readUInt16LE(28),
    size: Number(buffer.readBigUInt64LE(40)),
    deviceMajor: buffer.readUInt32LE(128),
    deviceMinor: buffer.readUInt32LE(132),
  };
}

/** Writes out what its file system holds in memory. */
export function syncFileSystem(fd: number): void {
  check(
    () => libc().syncfs(fd),
    () => "syncfs",
  );
}
