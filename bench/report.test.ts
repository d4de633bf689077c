/** Tables and plots of results, and what becomes of the README. */
import { describe, expect, test } from "bun:test";
import { number, ratioOf } from "./report/markdown.ts";
import { plotGroup } from "./report/plot.ts";
import { reportFiles, withTable } from "./report.ts";
import type { Measured, Results, RowResult } from "./results.ts";
import { withRow } from "./results.ts";

const README = "# A\n<!-- benchmarks: written by bench/report.ts -->\nold\n<!-- end of benchmarks -->\nend\n";

function measured(median: number): Measured {
  const wall = { median, p10: median * 0.9, p90: median * 1.1, min: median, max: median, samples: 3 };
  return { wall, cpu: wall, memory: 50 };
}

const RUN: RowResult = {
  name: "run",
  title: "`run <image>`",
  group: "start",
  goal: 0.2,
  stretch: 0.1,
  date: "2026-01-01T00:00",
  measured: { podwright: measured(45), podman: measured(300) },
  absent: { crun: "makes no network" },
};
const RESULTS: Results = {
  machine: {
    date: "2026-01-01T00:00",
    commit: "abc",
    kernel: "6.18",
    processor: "a processor",
    cores: 2,
    memory: 24,
    load: 0.1,
    system: "a system",
    fileSystem: "ext2/ext3",
    cgroups: "version 1",
    runtime: "crun",
    floor: 1.5,
    parts: { conmon: "2.1" },
  },
  engines: [
    { name: "podwright", version: "0.1" },
    { name: "podman", version: "5.4.2" },
    { name: "crun", version: "1.21" },
  ],
  absent: { docker: "docker: not found" },
  rows: [RUN],
};

describe("reportFiles()", () => {
  const files = reportFiles(RESULTS, README);

  test("says times, ratio, and whether a goal is reached", () =>
    expect(files.get("docs/benchmarks/README.md")).toContain(
      "| `run <image>` (`run`) | 45 (40.5–49.5) | 300 (270–330) | – | 0.15 | ≤ 0.2 ✓ | ≤ 0.1 ✗ |",
    ));

  test("says who is missing, and why", () => {
    const page = files.get("docs/benchmarks/README.md");
    expect(page).toContain("- `run` – bare crun: makes no network\n");
    expect(page).toContain("- all rows – Docker: docker: not found\n");
  });

  test("puts the ratio and the command into the README", () =>
    expect(files.get("README.md")).toBe(
      withTable(
        README,
        "| ms | Podwright | Podman 5.4.2 | × Podman | to see it |\n|---|---:|---:|---:|---:|\n" +
          "| `run <image>` | 45 | 300 | 0.15 | `bench/run run` |\n",
      ),
    ));

  test("draws only groups that have rows", () =>
    expect([...files.keys()].filter((name) => name.endsWith(".svg"))).toEqual(["docs/benchmarks/start.svg"]));
});

describe("withTable()", () => {
  test("replaces what is between the markers", () => {
    const once = withTable(README, "new\n");
    expect(once).not.toContain("old");
    expect(withTable(once, "new\n")).toBe(once);
  });

  test("leaves a README without markers alone", () => expect(withTable("# A\n", "new\n")).toBe("# A\n"));
});

describe("plotGroup()", () => {
  test("escapes what a title says", () =>
    expect(plotGroup(RESULTS, [RUN])).toContain('class="row" x="16" y="57">run &lt;image&gt;</text>'));

  test("is logarithmic where one engine takes many times as long", () => {
    const wide = { ...RUN, measured: { podwright: measured(2), podman: measured(2000) } };
    expect(plotGroup(RESULTS, [wide])).toContain("(logarithmic)");
    expect(plotGroup(RESULTS, [RUN])).not.toContain("(logarithmic)");
  });

  test("draws nothing of nothing", () => expect(plotGroup(RESULTS, [])).toBeUndefined());
});

test("ratioOf() is undefined without Podman", () =>
  expect(ratioOf({ ...RUN, measured: { podwright: measured(1) } })).toBeUndefined());

test("withRow() replaces a row and keeps the table's order", () => {
  const version = { ...RUN, name: "version" };
  const { rows } = withRow(withRow(RESULTS, version, ["version", "run"]), { ...RUN, date: "later" }, [
    "version",
    "run",
  ]);
  expect(rows.map(({ name, date }) => [name, date])).toEqual([
    ["version", "2026-01-01T00:00"],
    ["run", "later"],
  ]);
});

test.each([
  [0.8234, "0.82"],
  [45.23, "45.2"],
  [12_345, "12,345"],
])("number() writes %d", (value, expected) => expect(number(value)).toBe(expected));
