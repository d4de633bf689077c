import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { hostname, release, totalmem } from "node:os";
import { testSettings } from "../../../testing/view-context.ts";
import { LinuxFacts } from "./linux-facts.ts";

const facts = new LinuxFacts(() => testSettings().config);

test("what the host says of itself is what others say of it", () => {
  expect(facts.hostname()).toBe(hostname());
  expect(facts.kernel()).toBe(release());
  expect(facts.memory().total).toBe(totalmem());
  expect(facts.cpus).toBeGreaterThan(0);
  expect(facts.uptime()).toBeGreaterThan(0);
  const { user, system, idle } = facts.cpuUse();
  expect(user + system + idle).toBeCloseTo(100, 0);
  expect(readFileSync("/etc/os-release", "utf8")).toContain(facts.distribution().id);
});

test("the file system of a path", () => {
  expect(facts.fileSystem("/proc")).toBe("unknown");
  const { allocated, used } = facts.diskUse("/");
  expect(allocated).toBeGreaterThan(used);
});

test("each part has a name and a purpose; what was found can be run and has a version", async () => {
  const parts = await facts.parts();
  expect(parts.map((part) => part.name)).toEqual(
    expect.arrayContaining(["conmon", "crun", "runc", "libnftables"]),
  );
  for (const part of parts) expect(part.purpose).not.toBe("");
  const flock = parts.find((part) => part.name === "flock");
  if (flock !== undefined && flock.path !== "") expect(flock.version).toMatch(/flock.*\d/);
  const missing = parts.filter((part) => part.path === "");
  for (const part of missing) expect([part.version, part.packageName]).toEqual(["", ""]);
});
