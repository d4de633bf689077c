import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { temporaryDirectory } from "../../../testing/kernel.ts";
import { namespacesOf, readHolder, writeHolder } from "./holder-file.ts";

test("what is written is read", () => {
  using dir = temporaryDirectory();
  const holder = { pid: 42, startTime: 99, bootId: "a-b", ...namespacesOf(process.pid) };
  expect(readHolder(dir.path)).toBeUndefined();
  writeHolder(dir.path, holder);
  expect(readHolder(dir.path)).toEqual(holder);
});

test("what is no note is none", () => {
  using dir = temporaryDirectory();
  for (const text of ["", "garbage", "1 2 boot user:[1] mnt:[1]", "42 99 boot user:[1]", "x y z u m"]) {
    writeFileSync(`${dir.path}/podwright.userns`, text);
    expect(readHolder(dir.path)).toBeUndefined();
  }
});
