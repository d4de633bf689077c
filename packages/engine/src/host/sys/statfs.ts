/** statfs(2): the mount flags of a path, which node:fs does not show. */
import { dlopen } from "bun:ffi";
import { check, cstr, LIBC } from "./libc.ts";

/** f_flags, linux/statfs.h: ST_NOSUID and so on have the values of MS_*. */
const FLAGS_OFFSET = 80;
const STRUCT_SIZE = 120;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, { statfs: { args: ["ptr", "ptr"], returns: "i32" } }).symbols;
}

/** @throws HOST_CALL_FAILED with `details.errno` */
export function mountFlagsOf(path: string): number {
  library ??= open();
  const result = Buffer.alloc(STRUCT_SIZE);
  check(library.statfs(cstr(path), result), () => `statfs ${path}`);
  return Number(result.readBigUInt64LE(FLAGS_OFFSET));
}
