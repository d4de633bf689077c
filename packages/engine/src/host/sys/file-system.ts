/** The mount API of descriptors (fsopen, fsconfig, fsmount, move_mount) and statx(2), by syscall(2). */
import { dlopen, ptr } from "bun:ffi";
import { closeSync, readSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { check, cstr, isErrno, LIBC } from "./libc.ts";

/** By number, since glibc has wrappers only from 2.36 on; the numbers are the same on every architecture. */
const NR = { moveMount: 429, fsopen: 430, fsconfig: 431, fsmount: 432 } as const;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_MOUNT_ROOT = 0x2000n;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
/** linux/mount.h, MOUNT_ATTR_*. */
export const MOUNT_ATTR = { RDONLY: 1, NOSUID: 2, NODEV: 4, NOEXEC: 8 } as const;
const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, SET_FD: 5, CMD_CREATE: 6 } as const;

/** What a file system answers whose process has gone, and what those hear who were waiting for it. */
export const PROCESS_GONE = ["ENOTCONN", "ECONNABORTED"] as const;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
    syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/**
 * True when something is mounted right at `path`, which is not followed when it is a symlink. A missing path is
 * not. undefined: this kernel (before 5.8) does not tell.
 */
export function isMountRoot(path: string): boolean | undefined {
  const out = Buffer.alloc(256);
  try {
    const result = libc().statx(AT_FDCWD, cstr(path), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out);
    check(result, () => `statx ${path}`);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    // A file system whose process is gone: of what is around it there is none.
    if (isErrno(error, ...PROCESS_GONE)) return true;
    throw error;
  }
  const attributes = out.readBigUInt64LE(8);
  const known = out.readBigUInt64LE(56);
  if ((known & STATX_ATTR_MOUNT_ROOT) === 0n) return undefined;
  return (attributes & STATX_ATTR_MOUNT_ROOT) !== 0n;
}

/** A file system under configuration. What the kernel says about a wrong setting ends up in the error. */
export class FileSystemContext implements Disposable {
  readonly #type: string;
  readonly #fd: number;

  /** @throws HOST_CALL_FAILED: ENOSYS where the kernel has no such call, ENODEV for an unknown type */
  constructor(type: string) {
    this.#type = type;
    this.#fd = call(`fsopen ${type}`, NR.fsopen, [cstr(type), FSOPEN_CLOEXEC]);
  }

  setFlag(key: string): void {
    this.#configure(FSCONFIG.SET_FLAG, key, 0);
  }

  /** At most 255 bytes of value: the kernel takes no more. */
  setString(key: string, value: string): void {
    this.#configure(FSCONFIG.SET_STRING, key, cstr(value));
  }

  /** A directory by descriptor (of an overlay: Linux 6.13). */
  setDescriptor(key: string, fd: number): void {
    this.#configure(FSCONFIG.SET_FD, key, 0, fd);
  }

  /** A detached mount: its descriptor is the only way to it, and it goes with the last one. */
  mount(attributes = 0): number {
    this.#configure(FSCONFIG.CMD_CREATE, "", 0);
    return call(`fsmount ${this.#type}`, NR.fsmount, [this.#fd, FSMOUNT_CLOEXEC, attributes]);
  }

  /** `attributes` are MOUNT_ATTR flags. */
  mountAt(target: string, attributes = 0): void {
    const mount = this.mount(attributes);
    try {
      attachMount(mount, target);
    } finally {
      closeSync(mount);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #configure(command: number, key: string, value: Buffer | number, fd = 0): void {
    const what = key === "" ? `create ${this.#type}` : `set ${this.#type} option ${key}`;
    try {
      call(what, NR.fsconfig, [this.#fd, command, key === "" ? 0 : cstr(key), value, fd]);
    } catch (error) {
      throw this.#withKernelText(error);
    }
  }

  /** Each read of the descriptor gives one message: "e overlay: …". */
  #withKernelText(error: unknown): unknown {
    if (!(error instanceof EngineError)) return error;
    const messages: string[] = [];
    const buffer = Buffer.alloc(1024);
    for (;;) {
      try {
        messages.push(buffer.toString("utf8", 0, readSync(this.#fd, buffer)).trim());
      } catch (end) {
        if (isErrno(end, "ENODATA")) break;
        return error;
      }
    }
    if (messages.length === 0) return error;
    const text = messages.map((message) => message.replace(/^[ewi] /, "")).join("; ");
    return new EngineError(error.code, `${error.message}: ${text}`, { details: error.details });
  }
}

/** Gives a detached mount its place. */
export function attachMount(mount: number, target: string): void {
  call(`mount on ${target}`, NR.moveMount, [
    mount,
    cstr(""),
    AT_FDCWD,
    cstr(target),
    MOVE_MOUNT_F_EMPTY_PATH,
  ]);
}

/** Buffers stand for their address; `values` keeps them alive during the call. */
function call(what: string, number: number, values: readonly (number | Buffer)[]): number {
  const at = (index: number): number => {
    const value = values[index] ?? 0;
    return typeof value === "number" ? value : ptr(value);
  };
  return check(libc().syscall(number, at(0), at(1), at(2), at(3), at(4)), () => what);
}
