/** Locks the calling process into a directory with few capabilities, for work on names that others chose. */
import { dlopen } from "bun:ffi";
import { check, cstr, LIBC } from "./libc.ts";

/** linux/capability.h */
export const CAPABILITY = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  MKNOD: 27,
  SETFCAP: 31,
} as const;

const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
const PR_SET_PDEATHSIG = 1;
const PR_SET_NO_NEW_PRIVS = 38;
const SIGKILL = 9;

function open() {
  return dlopen(LIBC, {
    chroot: { args: ["ptr"], returns: "i32" },
    chdir: { args: ["ptr"], returns: "i32" },
    capset: { args: ["ptr", "ptr"], returns: "i32" },
    prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  }).symbols;
}

/** A process that works for a dead one would keep its place locked for as long as its last write takes. */
export function dieWithParent(): void {
  check(open().prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), () => "prctl pdeathsig");
}

/**
 * After this no name leads out of `directory`, and the thread can neither leave it (no CAP_SYS_CHROOT) nor
 * mount, trace or load anything. Capabilities are per thread: work on names must stay on this one.
 */
export function confineTo(directory: string, keep: readonly number[]): void {
  const libc = open();
  check(libc.chroot(cstr(directory)), () => `chroot ${directory}`);
  check(libc.chdir(cstr("/")), () => "chdir /");
  check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), () => "prctl no_new_privs");
  const header = new Uint32Array([LINUX_CAPABILITY_VERSION_3, 0]);
  const sets = new Uint32Array(6);
  for (const capability of keep) {
    const word = capability >= 32 ? 3 : 0;
    // Effective and permitted; inheritable stays empty (CVE-2022-27650's class).
    for (const set of [word, word + 1]) sets[set] = (sets[set] ?? 0) | (1 << (capability % 32));
  }
  check(libc.capset(header, sets), () => "capset");
}
