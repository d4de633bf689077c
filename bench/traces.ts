/** What a trace of a row holds, and how it is kept: docs/benchmarks/traces/ROW.json, with ROW.txt to be read. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** All times are milliseconds. */
export interface Trace {
  readonly row: string;
  readonly command: string;
  /** Without any tracer: median of some. */
  readonly untraced: number;
  /** Looked at from outside, once in a millisecond; what came after the last look is not in it. */
  readonly main?: MainThread;
  readonly processes?: { readonly wall: number; readonly list: readonly TracedProcess[] };
  /** Medians in turn: the engine's --version, and an empty program of the same runtime. */
  readonly empty?: { readonly own: number; readonly empty: number } | undefined;
  readonly calls?: {
    readonly wall: number;
    readonly count: number;
    readonly top: readonly Call[];
  };
}

export interface MainThread {
  readonly wall: number;
  readonly onCpu: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly faults: number;
}

export interface TracedProcess {
  readonly pid: number;
  readonly programs: readonly { readonly at: number; readonly argv: string }[];
  /** Undefined: still there after the command's end. */
  readonly end?: number;
}

export interface Call {
  readonly name: string;
  readonly count: number;
  readonly time: number;
}

/** Calls whose time is that of others. */
export const WAITS =
  /^(epoll_p?wait2?|futex|wait4|waitid|p?poll|p?select6?|vfork|nanosleep|clock_nanosleep|flock)$/;

const DIRECTORY = "traces";

export function readTraces(directory: string): readonly Trace[] {
  const from = join(directory, DIRECTORY);
  if (!existsSync(from)) return [];
  return readdirSync(from)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(from, name), "utf8")) as Trace);
}

export function writeTrace(directory: string, trace: Trace): void {
  const to = join(directory, DIRECTORY);
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, `${trace.row}.json`), `${JSON.stringify(trace, undefined, 2)}\n`);
  writeFileSync(join(to, `${trace.row}.txt`), traceText(trace));
}

export function traceText({ row, command, untraced, main, processes, calls, empty }: Trace): string {
  const lines = [`${row}: ${command}`, `${untraced} ms untraced`];
  if (main !== undefined)
    lines.push(
      "",
      `The engine's main thread, in a command of ${main.wall} ms:`,
      ...[
        `on a CPU ${main.onCpu}`,
        `waiting for one ${main.waiting}`,
        `blocked or not there ${main.blocked}`,
      ].map((text) => `  ${text} ms`),
      `  ${main.faults} page faults`,
    );
  if (processes !== undefined) {
    lines.push("", `Programs, in a command of ${processes.wall} ms: process, start, end, command`);
    for (const { pid, programs, end } of processes.list)
      programs.forEach(({ at, argv }, index) => {
        const until = programs[index + 1]?.at ?? end;
        lines.push(
          `${String(pid).padStart(9)} ${cell(at)} ${until === undefined ? "     stays" : cell(until)}  ${argv}`,
        );
      });
  }
  if (empty !== undefined)
    lines.push(
      "",
      `In turn: --version ${empty.own} ms, an empty program of the same runtime ${empty.empty} ms`,
    );
  if (calls !== undefined) {
    lines.push(
      "",
      `System calls of the main thread: ${calls.count}, in a command of ${calls.wall} ms (slowed by the tracer)`,
    );
    for (const { name, count, time } of calls.top)
      lines.push(`${cell(time)} ms ${String(count).padStart(6)}  ${name}`);
  }
  return `${lines.join("\n")}\n`;
}

function cell(time: number): string {
  return time.toFixed(1).padStart(10);
}
