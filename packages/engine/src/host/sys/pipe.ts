/** pipe2(2): both ends close-on-exec, so that only a child that is given one gets it. */
import { dlopen } from "bun:ffi";
import { check, LIBC } from "./libc.ts";

const O_CLOEXEC = 0o2000000;

let symbol: ((fds: Int32Array, flags: number) => number) | undefined;

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

export function makePipe(): Pipe {
  symbol ??= dlopen(LIBC, { pipe2: { args: ["ptr", "i32"], returns: "i32" } }).symbols.pipe2;
  const fds = new Int32Array(2);
  check(symbol(fds, O_CLOEXEC), () => "pipe2");
  return { read: fds[0] ?? -1, write: fds[1] ?? -1 };
}
