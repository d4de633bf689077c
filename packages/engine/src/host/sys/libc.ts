/** The error path that every libc call by ffi shares. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { dlopen, type Pointer, read } from "bun:ffi";
import { constants } from "node:os";

const LIBC = "libc.so.6";

export { LIBC };

let location: (() => Pointer | bigint | null) | undefined;

/** errno of the calling thread; valid only directly after the call that failed. */
export function errno(): number {
  location ??= dlopen(LIBC, { __errno_location: { args: [], returns: "ptr" } }).symbols
    .__errno_location as () => Pointer | bigint | null;
  const at = location();
  return at === null ? 0 : read.i32(Number(at), 0);
}

/** "EBUSY" for 16; the number itself where the platform has no name for it. */
export function errnoName(number: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === number) return name;
  return `errno ${number}`;
}

/** Thrown with `details.errno` ("EBUSY") so that callers can expect one failure by name. */
export function sysError(call: string, number = errno()): EngineError {
  const name = errnoName(number);
  return new EngineError("HOST_CALL_FAILED", `${call}: ${name}`, { details: { errno: name } });
}

/** Gives `result` back, or throws with errno when it is negative. */
export function check(result: number | bigint, call: () => string): number {
  if (result >= 0) return Number(result);
  // Before the text is made: allocating may collect garbage, which makes system calls of its own.
  const number = errno();
  throw sysError(call(), number);
}

/** True for a failed host call (ffi or node:fs) with one of these errno names. */
export function isErrno(error: unknown, ...names: readonly string[]): boolean {
  if (error instanceof EngineError) return names.includes(String(error.details["errno"]));
  if (error instanceof Error && "code" in error) return names.includes(String(error.code));
  return false;
}

/** NUL-terminated bytes for a `char *` argument. */
export function cstr(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}
