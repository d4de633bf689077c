/** What bounds each row, in sentences whose numbers are those of its trace. */
import type { Held, HeldProcess } from "../held.ts";
import type { Results, RowResult } from "../results.ts";
import { type Trace, WAITS } from "../traces.ts";
import { rounded } from "../statistics.ts";
import { OURS } from "./words.ts";

const NAMED = 3;
/** Per cent of all cores, from which on nothing but the processors can be what a row waits for. */
const MOST = 75;

type Numbers = Pick<Results, "rows"> & { readonly machine: Pick<Results["machine"], "cores"> };

export function boundSection({ rows, machine }: Numbers, traces: readonly Trace[]): string {
  if (traces.length === 0) return "";
  const lines = rows.flatMap((row) => {
    const trace = traces.find((each) => each.row === row.name);
    const said = trace === undefined ? processorShare(row, machine.cores) : sentences(trace);
    const name = trace === undefined ? `\`${row.name}\`` : `[\`${row.name}\`](traces/${row.name}.txt)`;
    return said === "" ? [] : [`- ${name}: ${said}\n`];
  });
  return `\n## What bounds it

From one traced command for each row, written by \`bench/trace\`; it is a little slower than an untraced one. Of several commands
that make a row the first is traced. Where many commands run at once, it is their processor time that says it.

${lines.join("")}`;
}

/** Of a row without a single command to be traced. */
function processorShare({ measured }: RowResult, cores: number): string {
  const { wall, cpu } = measured[OURS] ?? {};
  if (wall === undefined || cpu === undefined) return "";
  const there = rounded(wall.median * cores);
  const share = Math.round((cpu.median / there) * 100);
  const most = share >= MOST ? "bound by the processors. " : "";
  return `${most}Of the ${there} ms that ${cores} cores have in its ${wall.median} ms, its processes use ${cpu.median} (${share} %).`;
}

function sentences({ untraced, main, processes, calls, empty }: Trace): string {
  const said: string[] = [];
  if (main !== undefined) {
    const parts: readonly (readonly [string, number])[] = [
      ["the engine's own main thread on a CPU", main.onCpu],
      ["waiting for a CPU", main.waiting],
      ["what the main thread waits for", main.blocked],
    ];
    const [longest = ["", 0]] = parts.toSorted(([, a], [, b]) => b - a);
    said.push(
      `bound by ${longest[0]}. Of ${main.wall} ms (untraced ${untraced}) the main thread is on a CPU for ${main.onCpu}, ` +
        `waits for one for ${main.waiting}, is blocked for ${main.blocked}; ${main.faults} page faults.`,
    );
  }
  if (calls !== undefined) {
    const top = calls.top
      .filter(({ name }) => !WAITS.test(name))
      .slice(0, NAMED)
      .map(({ name, count }) => `${name} (${count})`);
    // Not their times: the tracer multiplies them.
    said.push(`It makes ${calls.count} system calls, with most of their time in ${top.join(", ")}.`);
  }
  if (empty !== undefined)
    said.push(
      `An empty program of the same runtime takes ${empty.empty} ms where \`--version\` takes ${empty.own}.`,
    );
  if (processes !== undefined) said.push(`Processes that run a program: ${processes.list.length}.`);
  return said.join(" ");
}

export function heldSection(held: Held | undefined, nameOf: (engine: string) => string): string {
  if (held === undefined) return "";
  const lines = Object.entries(held).flatMap(([engine, found]) =>
    Object.entries(found).map(([what, list]) => `| ${what} | ${nameOf(engine)} | ${heldCells(list)} |\n`),
  );
  return `\n## What is held\n\nProcesses that are there afterwards, the container's own included, with their resident memory and their share of it (PSS), in MB.

|  |  | processes | which: RSS, PSS |
|---|---|---:|---|
${lines.join("")}`;
}

function heldCells(list: readonly HeldProcess[] | string): string {
  if (typeof list === "string") return `– | ${list.replaceAll("|", "/")}`;
  return `${list.length} | ${list.map(({ name, rss, pss }) => `${name} ${rss}, ${pss}`).join("; ")}`;
}
