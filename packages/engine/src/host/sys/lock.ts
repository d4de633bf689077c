/** flock(2) with LOCK_NB only: a blocking call would stop the event loop and Ctrl-C with it. */
import { dlopen } from "bun:ffi";
import { fstatSync, statSync } from "node:fs";
import { check, isErrno, LIBC } from "./libc.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

let symbol: ((fd: number, operation: number) => number) | undefined;

/** Takes the lock on an open descriptor, or gives false when somebody else has it. */
export function tryFlock(fd: number, mode: "shared" | "exclusive"): boolean {
  symbol ??= dlopen(LIBC, { flock: { args: ["i32", "i32"], returns: "i32" } }).symbols.flock;
  try {
    check(symbol(fd, (mode === "shared" ? LOCK_SH : LOCK_EX) | LOCK_NB), () => `flock ${fd}`);
    return true;
  } catch (error) {
    if (isErrno(error, "EWOULDBLOCK", "EAGAIN")) return false;
    throw error;
  }
}

/**
 * Whether the path still leads to what is open: the last holder may have removed it between our open and our lock, and
 * others then lock a new one.
 */
export function isStillNamed(fd: number, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  if (named === undefined) return false;
  const ours = fstatSync(fd);
  return named.ino === ours.ino && named.dev === ours.dev;
}
