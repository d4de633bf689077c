/** clone(2) with new namespaces, for a child that does nothing: it keeps them until they are pinned. */
import { dlopen, ptr } from "bun:ffi";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { check, cstr, LIBC } from "./libc.ts";

const SIGKILL = 9;
/** The child has no SIGCHLD to send: nobody's handler hears of it, and wait(2) has to be told. */
const WALL = 0x40000000;
/** Seconds after which a child ends by itself whose parent was killed. */
const LIFE = 5;
const STACK = 64 * 1024;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    dlsym: { args: ["usize", "ptr"], returns: "usize" },
    clone: { args: ["usize", "usize", "i32", "usize"], returns: "i32" },
    kill: { args: ["i32", "i32"], returns: "i32" },
    waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/**
 * Runs `work` with the pid of a child in new namespaces (CLONE flags), which is gone afterwards. A thread of ours could
 * not make a user namespace: unshare(2) refuses it to programs with threads. The child runs sleep(3) of libc alone, on
 * a stack of its own in a copy of our memory: none of our code.
 * @throws HOST_CALL_FAILED with `details.errno`
 */
export function withChild<T>(flags: number, work: (pid: number) => T): T {
  const { clone, dlsym, kill, waitpid } = libc();
  const sleep = dlsym(0n, cstr("sleep"));
  if (sleep === 0n) throw new EngineError("HOST_CALL_FAILED", "libc has no sleep");
  const stack = Buffer.alloc(STACK);
  // The stack grows down, and starts at a multiple of 16.
  const top = Math.floor((ptr(stack) + STACK - 64) / 16) * 16;
  const pid = check(clone(sleep, BigInt(top), flags, BigInt(LIFE)), () => "clone into new namespaces");
  try {
    return work(pid);
  } finally {
    kill(pid, SIGKILL);
    waitpid(pid, null, WALL);
  }
}
