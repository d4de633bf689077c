/** Reads what strace writes: programs with their times, and the summary of system calls. */
import { rounded } from "./statistics.ts";
import type { Call, TracedProcess } from "./traces.ts";

export interface Programs {
  /** Undefined until the first process has ended. */
  readonly wall: number | undefined;
  readonly list: readonly TracedProcess[];
}

/** Lines of `strace -f -ttt -e trace=execve`; threads, which start no program, are left out. */
export function parsePrograms(log: string): Programs {
  const started = new Map<number, { programs: { at: number; argv: string }[]; end?: number }>();
  let zero: number | undefined;
  for (const line of log.split("\n")) {
    const [, pid = "", time = "", rest = ""] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? [];
    if (rest === "") continue;
    zero ??= Number(time);
    const at = rounded((Number(time) - zero) * 1000);
    const there = started.get(Number(pid));
    const [, list] = /^execve\(.*?, \[(.*?)\]/.exec(rest) ?? [];
    // A failed one is a search along PATH.
    if (list !== undefined && !/ = -1 /.test(rest)) {
      const argv = [...list.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) => word).join(" ");
      const program = { at, argv: argv.length > 100 ? `${argv.slice(0, 100)} …` : argv };
      if (there === undefined) started.set(Number(pid), { programs: [program] });
      else there.programs.push(program);
    } else if (there !== undefined && /^\+\+\+ (exited|killed)/.test(rest)) there.end = at;
  }
  const list = [...started].map(([pid, process]) => ({ pid, ...process }));
  return { wall: list[0]?.end, list };
}

/** The table of `strace -c -w`, longest first. */
export function parseSummary(log: string): readonly Call[] {
  return log
    .split("\n")
    .flatMap((line): readonly Call[] => {
      const match = /^ *[\d.]+ +([\d.]+) +\d+ +(\d+) +(?:\d+ +)?([a-z]\w*)$/.exec(line);
      const [, seconds = "", count = "", name = ""] = match ?? [];
      if (match === null || name === "total") return [];
      return [{ name, count: Number(count), time: rounded(Number(seconds) * 1000) }];
    })
    .sort((a, b) => b.time - a.time);
}
