import { expect, test } from "bun:test";
import type { ContainerRecord } from "../ports/container-record.ts";
import { processesOf } from "./processes-of.ts";

const INIT = { pid: 7, startTime: 1, bootId: "boot" };

function found(cgroups: string, run: object | undefined, alive = true): number[] {
  const record = { config: { cgroups }, state: { run } } as unknown as ContainerRecord;
  const ctx = {
    cgroups: { processes: (path: string) => (path === "/own" ? [1, 2] : []) },
    processes: { isAlive: () => alive, sharingMounts: (pid: number) => [pid, 8] },
  };
  return processesOf(ctx, record, "/own");
}

test("those of the cgroup, or those that share the mounts of a live init", () => {
  expect(found("enabled", { pid: INIT })).toEqual([1, 2]);
  expect(found("disabled", { pid: INIT })).toEqual([7, 8]);
});

test("none of an init that is gone, whose pid may be another's", () => {
  expect(found("disabled", { pid: INIT }, false)).toEqual([]);
  expect(found("disabled", undefined)).toEqual([]);
  expect(found("disabled", {})).toEqual([]);
});
