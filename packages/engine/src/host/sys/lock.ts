/** flock(2) with LOCK_NB only: a blocking call would stop the event loop and Ctrl-C with it. */
import { dlopen } from "bun:ffi";
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
