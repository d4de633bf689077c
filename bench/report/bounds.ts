/** What bounds each row, in sentences whose numbers are those of its trace. */
import type { Trace } from "../traces.ts";

const NAMED = 3;

export function boundSection(traces: readonly Trace[]): string {
  if (traces.length === 0) return "";
  return `\n## What bounds it

From one traced command for each row, written by \`bench/trace\`; it is a little slower than an untraced one. Of several commands
that make a row the first is traced.

${traces.map((trace) => `- [\`${trace.row}\`](traces/${trace.row}.txt): ${sentences(trace)}\n`).join("")}`;
}

function sentences({ untraced, main, processes, calls }: Trace): string {
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
    const top = calls.top.slice(0, NAMED).map(({ name, count, time }) => `${name} ${time} ms (${count})`);
    said.push(`It makes ${calls.count} system calls, longest, under strace: ${top.join(", ")}.`);
  }
  if (processes !== undefined) said.push(`${processes.list.length} processes run a program.`);
  return said.join(" ");
}
