import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { HostCgroups } from "./cgroups.ts";
import { type HostHierarchies, parseHierarchies, readHierarchies, usualHierarchies } from "./hierarchies.ts";
import { limitsV1, limitsV2, weightOfShares } from "./limits.ts";

const V1 = `31 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd`;
const UNIFIED = "40 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";

describe("usualHierarchies()", () => {
  const byMount = (host: HostHierarchies | undefined): unknown =>
    host === undefined
      ? undefined
      : { ...host, all: host.all.toSorted((a, b) => (a.mount < b.mount ? -1 : 1)) };
  const own = readFileSync("/proc/self/cgroup", "utf8");
  const here = parseHierarchies(readFileSync("/proc/self/mountinfo", "utf8"), (mount) =>
    readFileSync(`${mount}/cgroup.controllers`, "utf8"),
  );
  const mounted = new Set(here.all.flatMap(({ controllers, unified }) => (unified ? [""] : controllers)));
  const known = own
    .split("\n")
    .filter((line) => (line.split(":")[1] ?? "").split(",").every((name) => mounted.has(name)))
    .join("\n");

  test("finds what mountinfo shows", () => {
    const found = usualHierarchies("/sys/fs/cgroup", known);
    // Before Linux 6.11 it finds nothing by itself.
    if (found !== undefined)
      expect(byMount({ ...found, controllers: [] })).toEqual(byMount({ ...here, controllers: [] }));
    expect(byMount(readHierarchies())).toMatchObject({ version: here.version });
  });

  test("says nothing where one that this process is in is not there", () => {
    expect(usualHierarchies("/sys/fs/cgroup", `99:elsewhere:/\n${known}`)).toBeUndefined();
    expect(usualHierarchies("/nonexistent", known)).toBeUndefined();
    expect(usualHierarchies("/usr", known)).toBeUndefined();
  });
});

describe("parseHierarchies()", () => {
  test("v1: each hierarchy with its controllers, a named one without", () => {
    const host = parseHierarchies(V1, () => "");
    expect(host.version).toBe("v1");
    expect(host.controllers).toEqual(["memory", "cpu", "cpuacct"]);
    expect(host.unified).toBeUndefined();
  });
  test("hybrid: limits are v1's, the unified hierarchy is there to sort processes", () => {
    const host = parseHierarchies(`${V1}\n${UNIFIED}`, () => "hugetlb\n");
    expect([host.version, host.all.length, host.unified]).toEqual(["hybrid", 4, undefined]);
    expect(host.controllers).not.toContain("hugetlb");
  });
  test("v2 alone", () => {
    const host = parseHierarchies(
      "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
      () => "cpu memory pids\n",
    );
    expect([host.version, host.controllers, host.unified?.mount]).toEqual([
      "v2",
      ["cpu", "memory", "pids"],
      "/sys/fs/cgroup",
    ]);
  });
});

describe("limits", () => {
  const resources = {
    memory: { limit: 100, swap: 150, reservation: 50 },
    cpu: { shares: 1024, quota: 20_000, period: 100_000, cpus: "0" },
    pids: { limit: -1 },
  };
  const files = (list: readonly { file: string; value: string }[]) =>
    Object.fromEntries(list.map(({ file, value }) => [file, value]));
  test("v1", () => {
    expect(files(limitsV1(resources))).toEqual({
      "memory.limit_in_bytes": "100",
      "memory.soft_limit_in_bytes": "50",
      "memory.memsw.limit_in_bytes": "150",
      "cpu.shares": "1024",
      "cpu.cfs_period_us": "100000",
      "cpu.cfs_quota_us": "20000",
      "cpuset.cpus": "0",
      "pids.max": "max",
    });
  });
  test("v2: swap without memory, shares as weight, quota and period in one file", () => {
    expect(files(limitsV2(resources))).toEqual({
      "memory.max": "100",
      "memory.low": "50",
      "memory.swap.max": "50",
      "cpu.weight": "39",
      "cpu.max": "20000 100000",
      "cpuset.cpus": "0",
      "pids.max": "max",
    });
  });
  test("shares span the weights", () => expect([2, 262_144].map(weightOfShares)).toEqual([1, 10_000]));
});

describe("HostCgroups", () => {
  const cgroups = new HostCgroups();
  const root = process.geteuid?.() === 0 && cgroups.controllers.includes("pids");
  const base = `/podwright-test-${process.pid}`;

  test("refuses the root of the hierarchies: it holds every process of the host", () => {
    for (const path of ["", "/", "//", "/.", "/a/../.."]) {
      expect(() => cgroups.processes(path)).toThrow("not a cgroup of ours");
      expect(cgroups.remove(path)).rejects.toThrow("not a cgroup of ours");
    }
  });

  test.skipIf(!root)("creates with limits, finds, kills and removes; a missing one is no error", async () => {
    cgroups.create(`${base}/pod`);
    cgroups.apply(`${base}/pod`, { pids: { limit: 17 } });
    const directory = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].find((at) =>
      existsSync(`${at}${base}/pod/pids.max`),
    );
    expect(readFileSync(`${directory}${base}/pod/pids.max`, "utf8").trim()).toBe("17");
    const child = Bun.spawn(["sh", "-c", `echo $$ > ${directory}${base}/pod/cgroup.procs; exec sleep 60`]);
    while (cgroups.processes(base).length === 0) await Bun.sleep(5);
    expect(cgroups.processes(base)).toEqual([child.pid]);
    await cgroups.remove(base);
    expect(await child.exited).toBe(137);
    expect(cgroups.exists(base)).toBe(false);
    await cgroups.remove(base);
  });

  test.skipIf(!root)("the top goes with the last below it, also while others come back", async () => {
    const top = `${base}-top`;
    const owned = new HostCgroups({ top });
    owned.create(`${top}/one`);
    owned.create(`${top}/two/member`);
    await owned.remove(`${top}/one`);
    await owned.remove(`${top}/two/member`);
    expect(owned.exists(top)).toBe(true);
    await owned.remove(`${top}/two`);
    expect(owned.exists(top)).toBe(false);
    const rival = Bun.spawn([
      process.execPath,
      "-e",
      `import { HostCgroups } from "${import.meta.dir}/cgroups.ts";
       const owned = new HostCgroups({ top: "${top}" });
       for (let i = 0; i < 100; i++) { owned.create("${top}/rival"); await owned.remove("${top}/rival"); }`,
    ]);
    for (let i = 0; i < 100; i++) {
      owned.create(`${top}/mine`);
      await owned.remove(`${top}/mine`);
    }
    expect(await rival.exited).toBe(0);
    expect(owned.exists(top)).toBe(false);
  });
});
