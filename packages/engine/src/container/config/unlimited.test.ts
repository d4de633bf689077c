import { expect, test } from "bun:test";
import { letGoOfLimits } from "./unlimited.ts";

function letGo(limits: Parameters<typeof letGoOfLimits>[0], accepted = false): string[] {
  const said: string[] = [];
  letGoOfLimits(limits, accepted, (text) => said.push(text));
  return said;
}

test("each limit is refused by its flag", () => {
  expect(() => letGo({ cpuQuota: 50_000, cpuPeriod: 100_000, pids: 5 })).toThrow(
    "--cpus, --cpu-period, --pids-limit cannot be applied: this user has no cgroups",
  );
  expect(() => letGo({ memory: 1, memorySwap: 2 })).toThrow(/^--memory cannot/);
  expect(() => letGo({ memorySwap: 2 })).toThrow(/^--memory-swap cannot/);
});

test("no limit needs no cgroup", () => {
  expect(letGo({})).toEqual([]);
  expect(letGo({ pids: -1, memorySwap: -1 })).toEqual([]);
});

test("accepted, it is told and left", () => {
  expect(letGo({ memory: 1, memorySwap: 2 }, true)).toEqual([
    "--memory not applied: this user has no cgroups",
  ]);
});
