/** Memory of this process that it can do without: pages of its own program that were read and not changed. */
import { dlopen } from "bun:ffi";
import { readFileSync, readlinkSync } from "node:fs";
import { LIBC } from "./libc.ts";

const MADV_DONTNEED = 4;

let symbol: ((address: number, length: number, advice: number) => number) | undefined;

/**
 * The kernel keeps them in its cache and maps those again that are used again. Only mappings that cannot be written
 * and of which no page was changed: changes would be lost.
 */
export function releaseProgramPages(): void {
  symbol ??= dlopen(LIBC, { madvise: { args: ["u64", "u64", "i32"], returns: "i32" } }).symbols.madvise;
  const program = readlinkSync("/proc/self/exe");
  for (const { start, end } of cleanMappings(readFileSync("/proc/self/smaps", "utf8"), program)) {
    // A refusal costs nothing but the memory.
    symbol(start, end - start, MADV_DONTNEED);
  }
}

/** Of a private, read-only kind, by smaps (proc(5)). */
export function cleanMappings(
  smaps: string,
  program: string,
): { readonly start: number; readonly end: number }[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((mapping) => {
    const head = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \S+ +(.*)$/m.exec(mapping);
    if (head?.[3] !== program || !/^Private_Dirty: +0 kB$/m.test(mapping)) return [];
    return [{ start: Number.parseInt(head[1] ?? "", 16), end: Number.parseInt(head[2] ?? "", 16) }];
  });
}
