import { expect, test } from "bun:test";
import type { Limits } from "@podwright/spec/engine-api/common";
import { applicableLimits, canLimit, type LimitOptions } from "./applicable-limits.ts";

const NONE = { cgroup: "", cgroupControllers: [] };
const SOME = { cgroup: "/user/podwright-1", cgroupControllers: ["memory", "pids"] };
const ROOT = { cgroup: "/podwright-1", cgroupControllers: undefined };

type Of = LimitOptions["settings"];

function left(limits: Limits, settings: Of = NONE, accepted = false) {
  const said: string[] = [];
  return { limits: applicableLimits(limits, { settings, accepted, warn: (text) => said.push(text) }), said };
}

test("each limit is refused by its flag", () => {
  expect(() => left({ cpuQuota: 50_000, cpuPeriod: 100_000, pids: 5 })).toThrow(
    "--cpus, --cpu-period, --pids-limit cannot be applied: this user has no cgroups",
  );
  expect(() => left({ memory: 1, memorySwap: 2 })).toThrow(/^--memory cannot/);
  expect(() => left({ memorySwap: 2 })).toThrow(/^--memory-swap cannot/);
});

test("what was delegated is applied, the rest refused with the controller's name", () => {
  expect(left({ memory: 1, memorySwap: 2, pids: 5 }, SOME).limits).toEqual({
    memory: 1,
    memorySwap: 2,
    pids: 5,
  });
  expect(() => left({ memory: 1, cpusetCpus: "0", cpuShares: 5 }, SOME)).toThrow(
    "--cpuset-cpus, --cpu-shares cannot be applied: not delegated to this user: cgroup controller cpuset, cpu",
  );
  expect(canLimit(SOME, "pids")).toBe(true);
  expect(canLimit(SOME, "blkioWeight")).toBe(false);
});

test("root's are root's", () => {
  const all: Limits = { memory: 1, cpusetCpus: "0", blkioWeight: 10 };
  expect(left(all, ROOT)).toEqual({ limits: all, said: [] });
});

test("no limit needs no cgroup", () => {
  expect(left({})).toEqual({ limits: {}, said: [] });
  expect(left({ pids: -1, memorySwap: -1 })).toEqual({ limits: {}, said: [] });
});

test("accepted, it is told and left out", () => {
  expect(left({ memory: 1, memorySwap: 2 }, NONE, true)).toEqual({
    limits: {},
    said: ["--memory not applied: this user has no cgroups"],
  });
  expect(left({ memory: 1, cpuShares: 2 }, SOME, true)).toEqual({
    limits: { memory: 1 },
    said: ["--cpu-shares not applied: not delegated to this user: cgroup controller cpu"],
  });
});
