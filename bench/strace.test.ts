/** What is read from strace's own words, and what the page says of it. */
import { expect, test } from "bun:test";
import { boundSection } from "./report/bounds.ts";
import type { RowResult } from "./results.ts";
import { parsePrograms, parseSummary } from "./strace.ts";

const LOG = `203 100.000000 execve("/bin/engine", ["/bin/engine", "run"], 0x7ffc /* 9 vars */) = 0
204 100.010000 +++ exited with 0 +++
205 100.020000 execve("/a/true", ["true"], 0x7ffc /* 9 vars */) = -1 ENOENT (No such file or directory)
205 100.021000 execve("/b/true", ["true"], 0x7ffc /* 9 vars */) = 0
206 100.022000 execve("/bin/stay", ["stay"], 0x7ffc /* 9 vars */) = 0
205 100.030000 +++ exited with 0 +++
203 100.040000 +++ exited with 0 +++
`;

test("programs have a start and an end, threads and failed searches are none", () => {
  expect(parsePrograms(LOG)).toEqual({
    wall: 40,
    list: [
      { pid: 203, programs: [{ at: 0, argv: "/bin/engine run" }], end: 40 },
      { pid: 205, programs: [{ at: 21, argv: "true" }], end: 30 },
      { pid: 206, programs: [{ at: 22, argv: "stay" }] },
    ],
  });
  expect(parsePrograms("").wall).toBeUndefined();
});

test("system calls come longest first, without the total", () => {
  const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 20.00    0.001000          10       100         3 mkdir
 80.00    0.004000        4000         1           mount
------ ----------- ----------- --------- --------- ----------------
100.00    0.005000          49       101         3 total
`;
  expect(parseSummary(table)).toEqual([
    { name: "mount", count: 1, time: 4 },
    { name: "mkdir", count: 100, time: 1 },
  ]);
});

const summary = (median: number) => ({
  median,
  p10: median,
  p90: median,
  min: median,
  max: median,
  samples: 1,
});
const row = (name: string, wall: number, cpu: number): RowResult => ({
  name,
  title: name,
  group: "start",
  date: "2026-01-01T00:00",
  measured: { podwright: { wall: summary(wall), cpu: summary(cpu) } },
  absent: {},
});
const results = (rows: readonly RowResult[]) => ({ rows, machine: { cores: 2 } });
const main = { wall: 100, onCpu: 70, waiting: 5, blocked: 25, faults: 9 };
const trace = { row: "run", command: "x run", untraced: 95, main };

test("the page names the longest part, and nothing without traces", () => {
  expect(boundSection(results([row("run", 95, 99)]), [trace])).toContain(
    "[`run`](traces/run.txt): bound by the engine's own main thread on a CPU. Of 100 ms (untraced 95)",
  );
  expect(boundSection(results([row("run", 95, 99)]), [])).toBe("");
});

test("many at once are bound by the processors if these had little else to do", () => {
  const said = boundSection(results([row("busy", 1000, 1800), row("idle", 1000, 200)]), [trace]);
  expect(said).toContain(
    "- `busy`: bound by the processors. Of the 2000 ms that 2 cores have in its 1000 ms, its processes use 1800 (90 %).",
  );
  expect(said).toContain("- `idle`: Of the 2000 ms");
});
