/** execve(2): another program takes this process over, with its id, its descriptors and its terminal. */
import { dlopen } from "bun:ffi";
import { errno, LIBC, sysError } from "./libc.ts";
import { type Program, tryToReplaceProcess } from "./raw-calls.ts";

const SIGPIPE = 13;
const SIGXFSZ = 25;
const DEFAULT = 0;

/**
 * All threads end; descriptors that are not close-on-exec stay open. Returns by its error alone.
 * @throws HOST_CALL_FAILED
 */
export function replaceProcess(program: Program): never {
  // Loaded before, for what loads it would set errno.
  errno();
  tryToReplaceProcess(program);
  const number = errno();
  throw sysError(`execve ${program.path}`, number);
}

/** The runtime ignores some signals, and what is ignored stays so in the next program: only before one that is not ours. */
export function takeSignalsBack(): void {
  const { signal } = dlopen(LIBC, { signal: { args: ["i32", "usize"], returns: "ptr" } }).symbols;
  for (const number of [SIGPIPE, SIGXFSZ]) signal(number, DEFAULT);
}
