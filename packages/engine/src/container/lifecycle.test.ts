import { describe, expect, test } from "bun:test";
import { containerRecord } from "../../testing/records.ts";
import type { ContainerRecord, ContainerState } from "../ports/container-record.ts";
import { type ContainerFacts, deriveExit, deriveStatus, requireStartable } from "./lifecycle.ts";

const BOOT = "boot-1";
const ID = "a".repeat(64);
const DEAD: ContainerFacts = {
  bootId: BOOT,
  alive: false,
  awaitsStart: false,
  frozen: false,
  exitRecord: undefined,
};
const ALIVE: ContainerFacts = { ...DEAD, alive: true };
const RECORD = { exitCode: 3, at: 5000, oomKilled: false };

function record(state: Partial<ContainerState>): ContainerRecord {
  return { ...containerRecord(ID), state: { restarts: 0, error: "", ...state } };
}

function run(change: Partial<NonNullable<ContainerState["run"]>> = {}) {
  return {
    bootId: BOOT,
    runtime: "/usr/bin/runc",
    startedAt: 1000,
    interfaces: [],
    ports: [],
    stopRequested: false,
    ...change,
  };
}

describe("deriveStatus()", () => {
  const cases: readonly [string, ContainerRecord, ContainerFacts, string][] = [
    ["never ran", record({}), DEAD, "configured"],
    ["runs", record({ run: run() }), ALIVE, "running"],
    ["runs and was told to stop", record({ run: run({ stopRequested: true }) }), ALIVE, "stopping"],
    [
      "created, waits for its start",
      record({ run: run({ startedAt: 0 }) }),
      { ...ALIVE, awaitsStart: true },
      "created",
    ],
    ["started, the note is missing", record({ run: run({ startedAt: 0 }) }), ALIVE, "running"],
    ["its start was cut short", record({ run: run({ startedAt: 0 }) }), DEAD, "configured"],
    ["ended, nobody noted it", record({ run: run() }), { ...DEAD, exitRecord: RECORD }, "stopped"],
    ["ended without a record", record({ run: run() }), DEAD, "stopped"],
    ["ended and noted", record({ run: run(), exit: RECORD }), DEAD, "exited"],
    ["of an earlier boot", record({ run: run({ bootId: "boot-0" }) }), DEAD, "exited"],
    ["being removed", { ...record({ run: run() }), phase: "removing" }, ALIVE, "removing"],
  ];
  for (const [what, given, facts, status] of cases) {
    test(what, () => expect<string>(deriveStatus(given, facts)).toBe(status));
  }
});

describe("deriveExit()", () => {
  test("what was noted wins over the record on disk", () => {
    const noted = { exitCode: 7, at: 1, oomKilled: true };
    expect(deriveExit(record({ run: run(), exit: noted }), { ...DEAD, exitRecord: RECORD })).toEqual(noted);
  });
  test("a container that lives has none, whatever lies on disk", () => {
    expect(deriveExit(record({ run: run() }), { ...ALIVE, exitRecord: RECORD })).toBeUndefined();
  });
  test("without any record it is unknown; a boot ends with 0, as Podman's does", () => {
    expect(deriveExit(record({ run: run() }), DEAD)).toBeUndefined();
    expect(deriveExit(record({ run: run({ bootId: "boot-0" }) }), DEAD)?.exitCode).toBe(0);
  });
});

test("requireStartable() refuses what runs or is going, in Podman's words", () => {
  for (const status of ["configured", "created", "stopped", "exited"] as const) requireStartable(ID, status);
  for (const status of ["running", "stopping", "paused", "removing"] as const) {
    expect(() => requireStartable(ID, status)).toThrow(
      `container ${ID} must be in Created or Stopped state to be started: container state improper`,
    );
  }
});
