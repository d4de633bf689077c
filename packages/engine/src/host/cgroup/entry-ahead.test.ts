import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import { expectEntry, ownProcesses } from "./entry-ahead.ts";
import { type Hierarchy, readHierarchies } from "./hierarchies.ts";

const V2: Hierarchy = { mount: "/sys/fs/cgroup/unified", root: "/", unified: true, controllers: [] };
const CPU: Hierarchy = { mount: "/c/cpu", root: "/", unified: false, controllers: ["cpu", "cpuacct"] };
const NAMED: Hierarchy = { mount: "/c/systemd", root: "/", unified: false, controllers: ["name=systemd"] };
const OWN = "4:cpu,cpuacct:/a:b\n1:name=systemd:/s\n0::/\n";

test("ownProcesses() finds where we are, in the first hierarchy that tells", () => {
  expect(ownProcesses([V2, CPU], OWN)).toBe("/sys/fs/cgroup/unified/cgroup.procs");
  expect(ownProcesses([CPU, V2], OWN)).toBe("/c/cpu/a:b/cgroup.procs");
  expect(ownProcesses([NAMED], OWN)).toBe("/c/systemd/s/cgroup.procs");
  expect(ownProcesses([{ ...CPU, controllers: ["memory"] }], OWN)).toBeUndefined();
  expect(ownProcesses([CPU], "")).toBeUndefined();
});

test("ownProcesses() leaves a mount alone that would show another cgroup by our name, and one out of sight", () => {
  expect(ownProcesses([{ ...CPU, root: "/box" }], "4:cpu,cpuacct:/\n")).toBeUndefined();
  expect(ownProcesses([V2], "0::/../other\n")).toBeUndefined();
});

test("expectEntry() moves nothing, and gives its descriptor back", async () => {
  const before = readFileSync("/proc/self/cgroup", "utf8");
  const open = (): number => readdirSync("/proc/self/fd").length;
  const descriptors = open();
  {
    using _entry = expectEntry(readHierarchies().all);
    await sleep(30);
    expect(readFileSync("/proc/self/cgroup", "utf8")).toBe(before);
  }
  {
    // Disposed while the first move waits.
    using _entry = expectEntry(readHierarchies().all);
  }
  for (let i = 0; open() > descriptors && i < 100; i++) await sleep(5);
  expect(open()).toBe(descriptors);
  expect(readFileSync("/proc/self/cgroup", "utf8")).toBe(before);
});

test("expectEntry() does nothing where there is no hierarchy of ours", () => {
  using _entry = expectEntry([]);
});
