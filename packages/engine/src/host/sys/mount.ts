/** mount(2), umount2(2): the classic calls, by ffi. Flags are the kernel's (linux/mount.h). */
import { dlopen } from "bun:ffi";
import { check, cstr, isErrno, LIBC } from "./libc.ts";

export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 32,
  BIND: 4096,
  REC: 16384,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
} as const;

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
    umount2: { args: ["ptr", "i32"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

export interface MountCall {
  readonly source: string;
  readonly target: string;
  readonly type?: string;
  readonly flags?: number;
  /** File-system options; at most 4,095 bytes (the kernel cuts silently: longer ones throw). */
  readonly data?: string;
}

/** @throws HOST_CALL_FAILED with `details.errno`. */
export function mount(call: MountCall): void {
  const data = call.data ?? "";
  if (Buffer.byteLength(data) > 4095) throw new RangeError(`mount options of ${call.target} exceed one page`);
  const result = libc().mount(
    cstr(call.source),
    cstr(call.target),
    cstr(call.type ?? "none"),
    call.flags ?? 0,
    data === "" ? null : cstr(data),
  );
  check(result, () => `mount ${call.source} on ${call.target}`);
}

/** Detaches the top mount at `target`; gives false when nothing is mounted there. Never follows a symlink. */
export function unmount(target: string): boolean {
  try {
    check(libc().umount2(cstr(target), MNT_DETACH | UMOUNT_NOFOLLOW), () => `unmount ${target}`);
    return true;
  } catch (error) {
    if (isErrno(error, "EINVAL", "ENOENT")) return false;
    throw error;
  }
}

/** Detaches every mount stacked at `target`. */
export function unmountAll(target: string): void {
  while (unmount(target));
}
