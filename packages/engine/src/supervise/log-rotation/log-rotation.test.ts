import { afterAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { containerConfig, containerRecord } from "../../../testing/records.ts";
import type { OrdersDone } from "../../ports/monitor.ts";
import { logRotation } from "./log-rotation.ts";
import { rotateFiles } from "./rotate-files.ts";
import { LogRotator, type RotatorParts } from "./rotated-log.ts";

const directory = mkdtempSync(`${tmpdir()}/rotation-`);
afterAll(() => rmSync(directory, { recursive: true }));
const path = `${directory}/ctr.log`;
const KEPT = 100;
const MONITOR = { pid: 7, startTime: 1, bootId: "b" };
const LOG = { containerId: "c", path, maxSize: 20, maxFiles: KEPT, bundle: directory, monitor: MONITOR };

function clear(): void {
  rmSync(directory, { recursive: true });
  mkdirSync(directory);
  writeFileSync(path, "");
}

/** As conmon is: it writes by its descriptor, and a new file that it was told to open replaces what has the name. */
class Monitor {
  /** Where the file is that it writes to: its descriptor follows the renames of ours. */
  number = 0;
  unread = 0;
  busy = 0;
  written = 0;

  reopenLog(): void {
    this.unread += 1;
  }

  orders(): OrdersDone {
    if (this.unread > 0) return "unread";
    return this.busy > 0 ? "busy" : "done";
  }

  /** Reads all that it was told; the new file is there only when it has done its work. */
  read(): void {
    if (this.unread === 0 || this.busy > 0) return;
    this.busy = this.unread;
    this.unread = 0;
  }

  reopen(): void {
    if (this.busy === 0) return;
    this.busy -= 1;
    writeFileSync(`${path}.tmp`, "");
    renameSync(`${path}.tmp`, path);
    this.number = 0;
  }

  write(): void {
    // It does one thing after the other.
    if (this.busy > 0) return;
    const name = this.number === 0 ? path : `${path}.${this.number}`;
    appendFileSync(name, `line ${(this.written += 1)}\n`);
  }
}

function partsOf(monitor: Monitor): RotatorParts {
  return { monitor, hold: () => ({ [Symbol.dispose]: () => undefined }) };
}

function allLines(): string[] {
  const lines: string[] = [];
  for (let number = KEPT; number >= 0; number -= 1) {
    const name = number === 0 ? path : `${path}.${number}`;
    if (existsSync(name)) lines.push(...readFileSync(name, "utf8").split("\n").slice(0, -1));
  }
  return lines;
}

describe("LogRotator", () => {
  test("loses no line, whenever it is killed and however slow the monitor is", () => {
    type Step = "look" | "kill" | "half" | "write" | "read" | "reopen" | "time";
    const step = fc.constantFrom<Step[]>(
      "look",
      "look",
      "kill",
      "half",
      "write",
      "write",
      "read",
      "reopen",
      "time",
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
        clear();
        const monitor = new Monitor();
        const told = partsOf(monitor);
        let rotator = new LogRotator(LOG, told);
        let now = 0;
        for (const next of steps) {
          if (next === "time") now += 1500;
          if (next === "kill") rotator = new LogRotator(LOG, told);
          // Killed between its two steps.
          if (next === "half" && monitor.number === 0 && existsSync(path)) {
            rotateFiles(LOG);
            monitor.number += 1;
            rotator = new LogRotator(LOG, told);
          }
          if (next === "write") monitor.write();
          if (next === "read") monitor.read();
          if (next === "reopen") monitor.reopen();
          if (next !== "look") continue;
          const had = existsSync(path);
          rotator.look((now += 20));
          // What it writes to has another name now.
          if (had && !existsSync(path)) monitor.number += 1;
        }
        expect(allLines()).toEqual(Array.from({ length: monitor.written }, (_, n) => `line ${n + 1}`));
      }),
      { numRuns: 150 },
    );
  });

  test("looks the more often the nearer the file is to being full", () => {
    clear();
    const rotator = new LogRotator({ ...LOG, maxSize: 1000 }, partsOf(new Monitor()));
    expect(rotator.look(1000)).toBe(1000);
    writeFileSync(path, "x".repeat(900));
    expect(rotator.look(2000)).toBeCloseTo(111, 0);
    expect(rotator.look(3000)).toBe(1000);
    writeFileSync(path, "x".repeat(1000));
    expect(rotator.look(4000)).toBe(20);
    expect(existsSync(`${path}.1`)).toBe(true);
  });

  test("tells again, where the first word was lost", () => {
    clear();
    const monitor = new Monitor();
    const rotator = new LogRotator(LOG, partsOf(monitor));
    writeFileSync(path, "x".repeat(50));
    rotator.look(0);
    monitor.unread = 0;
    rotator.look(100);
    expect(monitor.unread).toBe(0);
    rotator.look(2000);
    expect(monitor.unread).toBe(1);
  });
});

test("LogRotator leaves the files alone while somebody is at work on the container", () => {
  clear();
  const rotator = new LogRotator(LOG, { ...partsOf(new Monitor()), hold: () => undefined });
  writeFileSync(path, "x".repeat(50));
  expect(rotator.look(0)).toBe(50);
  expect(existsSync(`${path}.1`)).toBe(false);
});

describe("rotateFiles()", () => {
  test("drops the last of the files, and fills the gap that a killed rotation has left first", () => {
    clear();
    const log = { path, maxFiles: 3 };
    const content = (): (string | undefined)[] =>
      ["", ".1", ".2", ".3"].map((suffix) =>
        existsSync(`${path}${suffix}`) ? readFileSync(`${path}${suffix}`, "utf8") : undefined,
      );
    for (const text of ["a", "b", "c", "d"]) {
      writeFileSync(path, text);
      expect(rotateFiles(log)).toBe(true);
    }
    expect(content()).toEqual([undefined, "d", "c", undefined]);
    expect(rotateFiles(log)).toBe(false);
    rmSync(`${path}.1`);
    writeFileSync(path, "e");
    rotateFiles(log);
    expect(content()).toEqual([undefined, "e", "c", undefined]);
  });
});

describe("logRotation()", () => {
  const context = {
    settings: { runRoot: "/run/x", root: "/x" },
    monitor: new Monitor(),
    processes: { isAlive: () => true },
    locks: { tryAcquire: () => undefined },
    clock: { now: () => 1 },
  };
  const record = (id: string, maxFiles: number, exited = false) => {
    const log = {
      driver: "k8s-file",
      path: `${directory}/${id}`,
      maxSize: 10,
      maxFiles,
      tag: "",
      options: {},
    };
    const run = { monitor: MONITOR, runtime: "", bootId: "b", startedAt: 1, interfaces: [], ports: [] };
    const exit = exited ? { exit: { exitCode: 0, at: 1, oomKilled: false } } : {};
    const state = { restarts: 0, error: "", run: { ...run, stopRequested: false }, ...exit };
    return {
      record: { ...containerRecord(id), config: containerConfig(id, { log }), state },
      status: "running" as const,
    };
  };

  test("one watch for all logs of running containers that keep several files; none without one", () => {
    const maker = logRotation(context as unknown as Parameters<typeof logRotation>[0]);
    const none = maker.watches({ containers: [record("a", 1), record("b", 2, true)], pods: [] }, new Map());
    expect(none.size).toBe(0);
    const first = maker.watches({ containers: [record("a", 2), record("b", 2)], pods: [] }, new Map());
    const second = maker.watches({ containers: [record("a", 2)], pods: [] }, first);
    expect([...first.keys()]).toEqual(["log-rotation"]);
    expect(second.get("log-rotation")).toBe(first.get("log-rotation"));
  });
});
