import { expect, test } from "bun:test";
import { closeSync, readFileSync, readSync, writeSync } from "node:fs";
import { duplicate, makePipe } from "./pipe.ts";

const closesOnExec = (fd: number): boolean =>
  (Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0", 8) &
    0o2000000) !==
  0;

test("a pipe from a least number on; both ends close on exec", () => {
  const pipe = makePipe(200);
  const copy = duplicate(pipe.write, 300);
  expect(Math.min(pipe.read, pipe.write)).toBeGreaterThanOrEqual(200);
  expect(copy).toBeGreaterThanOrEqual(300);
  expect([pipe.read, pipe.write, copy].map(closesOnExec)).toEqual([true, true, true]);
  closeSync(pipe.write);
  writeSync(copy, "x");
  closeSync(copy);
  const bytes = Buffer.alloc(2);
  expect(readSync(pipe.read, bytes)).toBe(1);
  expect(readSync(pipe.read, bytes)).toBe(0);
  closeSync(pipe.read);
});
