import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { namespaceIds } from "./namespace-ids.ts";

test("the ids are the inodes that the kernel gives the namespaces", () => {
  const ids = namespaceIds(process.pid);
  expect(ids?.net).toBe(String(statSync("/proc/self/ns/net").ino));
  expect(ids?.pidns).toBe(String(statSync("/proc/self/ns/pid").ino));
});

test("a process that is gone has none", () => {
  expect(namespaceIds(2 ** 22 + 1)).toBeUndefined();
});
