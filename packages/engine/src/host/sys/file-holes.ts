/** Where a file has data: lseek(2) with SEEK_DATA and SEEK_HOLE, which node:fs lacks. */
import { dlopen } from "bun:ffi";
import { errno, errnoName, LIBC, sysError } from "./libc.ts";

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, { lseek: { args: ["i32", "i64", "i32"], returns: "i64" } }).symbols;
}

/** Opens the library now: a confined process can no longer find it. */
export function loadFileHoles(): void {
  library ??= open();
}

/** Runs of data in order; a file system that knows no holes gives one run. */
export function* dataRuns(fd: number, size: number): Generator<{ offset: number; length: number }> {
  let at = 0;
  while (at < size) {
    const start = seek(fd, at, SEEK_DATA);
    if (start === undefined) return;
    const end = Math.min(size, seek(fd, start, SEEK_HOLE) ?? size);
    if (end <= start) return;
    yield { offset: start, length: end - start };
    at = end;
  }
}

/** undefined: nothing of that kind follows. */
function seek(fd: number, from: number, whence: number): number | undefined {
  library ??= open();
  const found = Number(library.lseek(fd, BigInt(from), whence));
  if (found >= 0) return found;
  const number = errno();
  if (errnoName(number) === "ENXIO") return undefined;
  throw sysError("lseek", number);
}
