import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { HostCgroups } from "./cgroups.ts";
import { type HostHierarchies, readHierarchies } from "./hierarchies.ts";
import { waitFor } from "../../../testing/waiting.ts";

const HOST = readHierarchies();
const isRoot = process.geteuid?.() === 0;
const legacy = HOST.all.find((hierarchy) => !hierarchy.unified && hierarchy.controllers.includes("freezer"));
const unified = HOST.all.find((hierarchy) => hierarchy.unified);

/** As a host that has this hierarchy alone: a v2 one can freeze without any controller. */
function alone(hierarchy: NonNullable<typeof unified>): HostHierarchies {
  return {
    version: hierarchy.unified ? "v2" : "v1",
    all: [hierarchy],
    unified: hierarchy.unified ? hierarchy : undefined,
    controllers: hierarchy.controllers,
  };
}

/** How far a process of the test's own has counted, in the file that it writes. */
async function counter(cgroup: string, use: (pid: number) => Promise<void>): Promise<void> {
  mkdirSync(cgroup);
  const child = Bun.spawn(["sh", "-c", "while :; do :; done"], { stdout: "ignore", stderr: "ignore" });
  try {
    writeFileSync(`${cgroup}/cgroup.procs`, String(child.pid));
    await use(child.pid);
  } finally {
    child.kill(9);
    for (const [file, word] of [
      ["freezer.state", "THAWED"],
      ["cgroup.freeze", "0"],
    ]) {
      if (existsSync(`${cgroup}/${file}`)) writeFileSync(`${cgroup}/${file}`, word ?? "");
    }
    await child.exited;
    // Its cgroup may count it for a moment longer.
    await waitFor("the cgroup's removal", () => {
      rmdirSync(cgroup);
      return true;
    });
  }
}

function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

describe.each([
  ["v1", legacy],
  ["v2", unified],
] as const)("the freezer of %s", (version, hierarchy) => {
  const skip = !isRoot || hierarchy === undefined;
  test.skipIf(skip)("stops a process that works, and lets it go on", async () => {
    if (hierarchy === undefined) return;
    const path = `/podwright-test-freezer-${version}-${process.pid}`;
    const cgroups = new HostCgroups({ hierarchies: alone(hierarchy) });
    await counter(`${hierarchy.mount}${path}`, async (pid) => {
      expect(cgroups.isFrozen(path)).toBe(false);
      await cgroups.freeze(path);
      expect(cgroups.isFrozen(path)).toBe(true);
      const still = ticks(pid);
      await Bun.sleep(150);
      expect(ticks(pid)).toBe(still);
      cgroups.thaw(path);
      expect(cgroups.isFrozen(path)).toBe(false);
      for (const end = performance.now() + 5000; ticks(pid) === still; await Bun.sleep(10)) {
        if (performance.now() > end) throw new Error("it does not go on");
      }
      const used = cgroups.usage(path);
      expect(used).toBeDefined();
      if (version === "v2") expect(used?.cpuNanoseconds).toBeGreaterThan(0);
    });
  });

  test.skipIf(skip)("a cgroup that is not there is neither frozen nor thawed", async () => {
    if (hierarchy === undefined) return;
    const cgroups = new HostCgroups({ hierarchies: alone(hierarchy) });
    expect(cgroups.isFrozen("/podwright-test-none")).toBe(false);
    expect(cgroups.usage("/podwright-test-none")).toBeUndefined();
    cgroups.thaw("/podwright-test-none");
    await expect(cgroups.freeze("/podwright-test-none")).rejects.toThrow();
  });
});

test("a host without a freezer says so", async () => {
  const cgroups = new HostCgroups({
    hierarchies: { version: "v1", all: [], unified: undefined, controllers: [] },
  });
  await expect(cgroups.freeze("/any")).rejects.toThrow("this host has no cgroup freezer");
  expect(cgroups.isFrozen("/any")).toBe(false);
});
