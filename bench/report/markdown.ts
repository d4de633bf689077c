/** The tables of docs/benchmarks and of the README, from results alone. */
import { BASELINE } from "../engines.ts";
import type { Results, RowResult } from "../results.ts";
import type { Group } from "../rows/row.ts";
import type { Trace } from "../traces.ts";
import type { Held } from "../held.ts";
import { boundSection, heldSection } from "./bounds.ts";
import { ENGINE_NAMES, GROUP_TITLES, OURS } from "./words.ts";

/** Rows that the README shows. */
const README_ROWS: readonly string[] = [
  "run",
  "run-pod",
  "exec",
  "pod-create",
  "kube-play",
  "pull",
  "ps-many",
  "start-100",
  "rm-many",
];

export function benchmarksPage(results: Results, traces: readonly Trace[], held?: Held): string {
  const groups = [...new Set(results.rows.map(({ group }) => group))];
  return `# Benchmarks

Written by \`bench/run\`; [bench/README.md](../../bench/README.md) says how it measures. Milliseconds from the start of the command
to its end: median (10th–90th percentile). CPU is the processor time of all that the command set going: its helpers, the daemon,
and what goes on after its end. × is our median divided by Podman's. Memory is that of the largest process; Docker's includes its
daemons. Only ratios carry over to other machines.

${machineTable(results)}
${groups.map((group) => groupSection(results, group)).join("\n")}${proportionSection(results)}${boundSection(results, traces)}${heldSection(held, nameOf)}${absentSection(results)}`;
}

/** What growth costs: one row's time divided by that of another one, for each engine by itself. */
const PROPORTIONS: readonly (readonly [string, string, string])[] = [
  ["`run` beside 1,000 containers / `run`", "run-1000", "run"],
  ["`ps -a` of 1,000 / of 300", "ps-1000", "ps-many"],
  ["20 × `run` at once / one `run`", "run-20", "run"],
  ["a pod with 1,000 ports / with one", "pod-1000-ports", "pod-create"],
  ["a request through the last of 1,000 ports / the first", "port-last", "port-first"],
  ["`pull` of ten layers / of one", "pull-ten", "pull"],
];

function proportionSection({ rows, engines }: Results): string {
  const median = (row: string, engine: string): number | undefined =>
    rows.find(({ name }) => name === row)?.measured[engine]?.wall.median;
  const lines = PROPORTIONS.map(([title, above, below]) => [
    title,
    ...engines.map(({ name }) => {
      const [top, bottom] = [median(above, name), median(below, name)];
      return top === undefined || bottom === undefined ? "–" : number(top / bottom);
    }),
  ]).filter((cells) => cells.slice(1).some((cell) => cell !== "–"));
  if (lines.length === 0) return "";
  return `\n## What growth costs\n\n${table(["×", ...engines.map(({ name }) => nameOf(name))], lines)}`;
}

function machineTable({ machine, engines }: Results): string {
  const parts = Object.entries(machine.parts).map(([name, version]) => `${name} ${version}`);
  const rows: readonly (readonly [string, string])[] = [
    ["engines", engines.map(({ name, version }) => `${nameOf(name)} ${version}`).join(", ")],
    ["measured", `${machine.date} UTC, at commit ${machine.commit}`],
    [
      "machine",
      `${machine.cores} cores (${machine.processor}), ${machine.memory} GB, kernel ${machine.kernel}`,
    ],
    [
      "system",
      `${machine.system}; ${machine.fileSystem}; cgroups ${machine.cgroups}; all engines on ${machine.runtime}`,
    ],
    ["parts", parts.join(", ")],
    ["in every number", `${machine.floor} ms, which starting \`true\` takes`],
  ];
  return `| | |\n|---|---|\n${rows.map(([name, text]) => `| ${name} | ${text} |\n`).join("")}`;
}

function groupSection(results: Results, group: Group): string {
  const rows = results.rows.filter((row) => row.group === group);
  return `## ${GROUP_TITLES[group]}

![${GROUP_TITLES[group]}](${group}.svg)

${timeTable(results, rows)}
${costTable(results, rows)}`;
}

function timeTable(results: Results, rows: readonly RowResult[]): string {
  const names = results.engines.map(({ name }) => name);
  const head = ["", ...names.map(nameOf), "×", "goal", "stretch"];
  const lines = rows.map((row) => [
    `${row.title} (\`${row.name}\`)`,
    ...names.map((name) => timeCell(row, name)),
    ratioCell(row),
    limitCell(row, row.goal),
    limitCell(row, row.stretch),
  ]);
  return table(head, lines);
}

function costTable(results: Results, rows: readonly RowResult[]): string {
  const names = results.engines.map(({ name }) => name);
  const weighed = rows.filter((row) => Object.values(row.measured).some(({ cpu }) => cpu !== undefined));
  if (weighed.length === 0) return "";
  const head = ["CPU ms, memory MB", ...names.map(nameOf)];
  const lines = weighed.map((row) => [`\`${row.name}\``, ...names.map((name) => costCell(row, name))]);
  return table(head, lines);
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const rule = `|---|${head
    .slice(1)
    .map(() => "---:|")
    .join("")}\n`;
  return `${line(head)}${rule}${lines.map(line).join("")}`;
}

function timeCell({ measured }: RowResult, name: string): string {
  const wall = measured[name]?.wall;
  return wall === undefined ? "–" : `${number(wall.median)} (${number(wall.p10)}–${number(wall.p90)})`;
}

function costCell({ measured }: RowResult, name: string): string {
  const { cpu, memory } = measured[name] ?? {};
  if (cpu === undefined) return "–";
  return memory === undefined ? number(cpu.median) : `${number(cpu.median)}, ${number(memory)}`;
}

/** Our part of Podman's time; undefined where one of the two has none. */
export function ratioOf({ measured }: RowResult): number | undefined {
  const ours = measured[OURS]?.wall.median;
  const theirs = measured[BASELINE]?.wall.median;
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

function ratioCell(row: RowResult): string {
  const ratio = ratioOf(row);
  return ratio === undefined ? "" : ratio.toFixed(2);
}

function limitCell(row: RowResult, limit: number | undefined): string {
  if (limit === undefined) return "";
  const ratio = ratioOf(row);
  return ratio === undefined ? `≤ ${limit}` : `≤ ${limit} ${ratio <= limit ? "✓" : "✗"}`;
}

function absentSection({ absent, rows }: Results): string {
  const reasons = new Map<string, string[]>();
  for (const [name, reason] of Object.entries(absent))
    reasons.set(`${nameOf(name)}: ${reason}`, ["all rows"]);
  for (const row of rows)
    for (const [name, reason] of Object.entries(row.absent)) {
      const key = `${nameOf(name)}: ${reason}`;
      reasons.set(key, [...(reasons.get(key) ?? []), `\`${row.name}\``]);
    }
  if (reasons.size === 0) return "";
  const lines = [...reasons].map(([reason, names]) => `- ${names.join(", ")} – ${reason}\n`);
  return `\n## Not measured\n\n${lines.join("")}`;
}

/** The table between the README's markers. */
export function readmeTable(results: Results): string {
  const rows = README_ROWS.flatMap((name) => results.rows.filter((row) => row.name === name));
  const peers = results.engines.filter(({ name }) => name !== results.machine.runtime);
  const head = [
    "ms",
    ...peers.map(({ name, version }) => (name === OURS ? nameOf(name) : `${nameOf(name)} ${version}`)),
    "× Podman",
    "to see it",
  ];
  const lines = rows.map((row) => [
    row.title,
    ...peers.map(({ name }) => medianCell(row, name)),
    ratioCell(row),
    `\`bench/run ${row.name}\``,
  ]);
  return table(head, lines);
}

function medianCell({ measured }: RowResult, name: string): string {
  const wall = measured[name]?.wall;
  return wall === undefined ? "–" : number(wall.median);
}

function nameOf(name: string): string {
  return ENGINE_NAMES[name] ?? name;
}

/** 1234.5 → 1,230: results have three digits that count. */
export function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-GB");
  return String(value >= 10 ? Math.round(value * 10) / 10 : Math.round(value * 100) / 100);
}
