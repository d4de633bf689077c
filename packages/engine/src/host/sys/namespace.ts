/**
 * unshare(2), setns(2), sethostname(2) by ffi. They move the calling thread only; between moving it and moving
 * it back there must be no `await`, or other work of this process runs in the wrong namespace.
 */
import { dlopen } from "bun:ffi";
import { check, LIBC } from "./libc.ts";

export const CLONE = {
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWNET: 0x40000000,
} as const;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    unshare: { args: ["i32"], returns: "i32" },
    setns: { args: ["i32", "i32"], returns: "i32" },
    sethostname: { args: ["ptr", "u64"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** @throws HOST_CALL_FAILED with `details.errno`. */
export function unshare(flags: number): void {
  check(libc().unshare(flags), () => "unshare namespaces");
}

/** `kind` is the CLONE flag that the descriptor must be of; 0 takes any. */
export function setns(fd: number, kind = 0): void {
  check(libc().setns(fd, kind), () => `enter namespace by descriptor ${fd}`);
}

/** Of the calling thread's UTS namespace. */
export function setHostname(name: string): void {
  const bytes = Buffer.from(name);
  check(libc().sethostname(bytes, bytes.length), () => `set host name "${name}"`);
}
