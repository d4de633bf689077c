import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseHierarchies } from "../cgroup/hierarchies.ts";
import { type CgroupFiles, chooseRuntime, crunObstacle } from "./choose.ts";

const base = mkdtempSync(`${tmpdir()}/cgroups-`);
afterAll(() => rmSync(base, { recursive: true }));

const MOUNTS = `30 20 0:25 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
31 20 0:26 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
32 20 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`;

const mounted = () => parseHierarchies(MOUNTS, () => "").all;

function host({ controllers, own }: { controllers: string; own: string }): CgroupFiles {
  writeFileSync(`${base}/cgroup.controllers`, `${controllers}\n`);
  writeFileSync(`${base}/own`, own);
  return { unified: base, own: `${base}/own` };
}

const OWN = "2:pids:/\n1:name=systemd:/\n0::/\n";

test("crun works where the unified hierarchy is bare and all others are mounted", () => {
  expect(crunObstacle(mounted, host({ controllers: "", own: OWN }))).toBeUndefined();
});

test("crun works on a host that is not hybrid", () => {
  expect(crunObstacle(() => [], { unified: "/nonexistent", own: "/nonexistent" })).toBeUndefined();
});

test("a controller in the unified hierarchy is named as what stands in the way", () => {
  expect(crunObstacle(mounted, host({ controllers: "hugetlb", own: OWN }))).toContain(
    "the unified hierarchy has hugetlb",
  );
});

test("so is a hierarchy that is mounted elsewhere alone", () => {
  const files = host({ controllers: "", own: `3:hugetlb:/\n${OWN}` });
  expect(crunObstacle(mounted, files)).toContain("the hierarchy of hugetlb is not mounted here");
});

test("further flags of the runtime's get their dashes back", () => {
  const runtime = chooseRuntime({
    wanted: "/bin/true",
    candidates: {},
    runRoot: base,
    hierarchies: () => [],
    flags: ["debug", "a=b"],
  });
  expect(runtime.globalArgs.slice(-2)).toEqual(["--debug", "--a=b"]);
});
