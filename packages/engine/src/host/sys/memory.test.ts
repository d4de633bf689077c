import { expect, test } from "bun:test";
import { cleanMappings } from "./memory.ts";

const mapping = (range: string, mode: string, path: string, dirty: number): string =>
  `${range} ${mode} 00000000 08:01 42 ${" ".repeat(10)}${path}\nSize: 4 kB\nPrivate_Dirty:  ${dirty} kB\n`;

test("cleanMappings() gives what is the program's, cannot be written and was not changed", () => {
  const smaps = [
    mapping("00200000-00300000", "r--p", "/bin/pw", 0),
    mapping("00300000-00400000", "r-xp", "/bin/pw", 0),
    mapping("00400000-00500000", "r--p", "/bin/pw", 8),
    mapping("00500000-00600000", "rw-p", "/bin/pw", 0),
    mapping("7f0000000000-7f0000001000", "r-xp", "/lib/libc.so.6", 0),
  ].join("");
  expect(cleanMappings(smaps, "/bin/pw")).toEqual([
    { start: 0x200000, end: 0x300000 },
    { start: 0x300000, end: 0x400000 },
  ]);
});
