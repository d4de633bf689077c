import { afterAll, expect, test } from "bun:test";
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { treeSize } from "./tree-size.ts";

const root = mkdtempSync(`${tmpdir()}/tree-`);
afterAll(() => rmSync(root, { recursive: true }));

test("regular files count once; links and names that are no UTF-8 do not disturb", () => {
  mkdirSync(`${root}/a/b`, { recursive: true });
  writeFileSync(`${root}/a/one`, "12345");
  writeFileSync(Buffer.concat([Buffer.from(`${root}/a/b/`), Buffer.from([0xff, 0xfe])]), "123");
  linkSync(`${root}/a/one`, `${root}/a/again`);
  symlinkSync("/etc", `${root}/a/b/etc`);
  expect(treeSize(root)).toBe(8);
});

test("a directory that is not there is empty", () => {
  expect(treeSize(`${root}/nope`)).toBe(0);
});
