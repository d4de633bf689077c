import { expect, test } from "bun:test";
import { delegatedCgroup } from "./delegation.ts";
import { parseHierarchies } from "./hierarchies.ts";

const V2 = parseHierarchies("30 20 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", () => "cpu memory pids");
const HYBRID = parseHierarchies(
  "30 20 0:25 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n31 20 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
  () => "",
);
const USER = "/user.slice/user-1000.slice/user@1000.service";

function found(own: string, writable: string, hierarchies = V2): string | undefined {
  const mine = `/sys/fs/cgroup${writable}`;
  const delegated = delegatedCgroup({
    hierarchies,
    own,
    isWritable: (path) => path === mine || path.startsWith(`${mine}/`),
    controllersOf: (directory) => (directory === mine ? "memory pids\n" : "memory\n"),
  });
  if (delegated !== undefined) expect(delegated.controllers).toEqual(["memory", "pids"]);
  return delegated?.path;
}

test("the topmost that was handed down", () => {
  expect(found(`0::${USER}/app.slice/terminal.scope\n`, USER)).toBe(USER);
  expect(found(`0::${USER}\n`, USER)).toBe(USER);
});

test("none in a session that belongs to root", () => {
  expect(found("0::/user.slice/user-1000.slice/session-2.scope\n", USER)).toBeUndefined();
  expect(found(`0::${USER}/app.slice\n`, "/nowhere")).toBeUndefined();
});

test("the whole of a container's own cgroup namespace", () => {
  expect(found("0::/\n", "")).toBe("");
});

test("none with version 1, in a part of the tree that cannot be seen, or where only a part is mounted", () => {
  expect(found(`4:pids:${USER}\n0::${USER}\n`, USER, HYBRID)).toBeUndefined();
  expect(found("0::/../outside\n", "/../outside")).toBeUndefined();
  const part = parseHierarchies("30 20 0:25 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw", () => "");
  expect(found(`0::${USER}\n`, USER, part)).toBeUndefined();
});
