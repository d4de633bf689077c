/** Takes the meter's place for bench/trace: runs a row's command untraced, then watched, then twice under strace. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "./engines.ts";
import { CannotMeasure, type Sample } from "./measure.ts";
import type { Row } from "./rows/row.ts";
import type { Weighing } from "./runner.ts";
import { rounded, summarise } from "./statistics.ts";
import { parsePrograms, parseSummary } from "./strace.ts";
import type { MainThread, Trace } from "./traces.ts";

const PLAIN = 5;
/** Rounds that a row needs: untraced ones, and one for each way of looking. */
export const TRACE_ROUNDS = PLAIN + 3;
const QUIET = 100;
const TOP = 10;

interface Course {
  readonly walls: number[];
  turn: number;
  trace: Trace;
}

export class Tracer implements Weighing {
  readonly canWeigh = false;
  readonly canTrace = Bun.which("strace") !== null;
  readonly #log: string;
  readonly #courses = new Map<string, Course>();
  /** Whose command comes next. */
  row: Pick<Row, "name" | "follow"> = { name: "" };

  constructor(work: string) {
    this.#log = join(work, "strace");
  }

  get traces(): readonly Trace[] {
    return [...this.#courses.values()].filter(({ turn }) => turn >= TRACE_ROUNDS).map(({ trace }) => trace);
  }

  async settle(): Promise<void> {
    await Bun.sleep(QUIET);
  }

  /** Of several commands the first is looked at, if it is one of the engine itself. */
  async commands(
    engine: Engine,
    commands: readonly (readonly string[])[],
  ): Promise<Sample & { each: number[] }> {
    const [first = [], ...others] = commands;
    // A shell that starts many of them: its own thread only waits.
    if (first[0] !== engine.argv[0]) return { wall: await plainly(engine, first), cpu: 0, each: [] };
    const course = this.#courses.get(this.row.name) ?? {
      walls: [],
      turn: 0,
      trace: { row: this.row.name, command: first.join(" "), untraced: 0 },
    };
    this.#courses.set(this.row.name, course);
    const each = [await this.#look(engine, first, course)];
    for (const argv of others) each.push(await plainly(engine, argv));
    return { wall: each.reduce((sum, time) => sum + time, 0), cpu: 0, each };
  }

  async #look(engine: Engine, argv: readonly string[], course: Course): Promise<number> {
    const step = course.turn++ - PLAIN;
    if (step === 0) {
      const main = await watched(engine, argv);
      course.trace = { ...course.trace, main };
      return main.wall;
    }
    const traces = step === 2 || (step === 1 && this.row.follow !== false);
    if (!this.canTrace || !traces) {
      const wall = await plainly(engine, argv);
      if (step < 0) {
        course.walls.push(wall);
        course.trace = { ...course.trace, untraced: rounded(summarise(course.walls).median) };
      }
      return wall;
    }
    rmSync(this.#log, { force: true });
    return step === 1 ? this.#programs(engine, argv, course) : this.#calls(engine, argv, course);
  }

  /** Stops at execve alone: the rest runs at its own speed. */
  async #programs(engine: Engine, argv: readonly string[], course: Course): Promise<number> {
    const options = [
      "-f",
      "-I",
      "2",
      "--seccomp-bpf",
      "-ttt",
      "-s",
      "40",
      "-e",
      "trace=execve",
      "-e",
      "signal=none",
    ];
    const child = start(engine, ["strace", ...options, "-o", this.#log, ...argv]);
    const read = (): ReturnType<typeof parsePrograms> =>
      parsePrograms(existsSync(this.#log) ? readFileSync(this.#log, "utf8") : "");
    // strace stays as long as a container does: it is asked to let go once the command itself has ended.
    while (child.exitCode === null && read().wall === undefined) await Bun.sleep(10);
    await Bun.sleep(QUIET);
    child.kill("SIGTERM");
    await child.exited;
    const { wall, list } = read();
    if (wall === undefined) throw new CannotMeasure(`strace saw no end of ${argv.join(" ")}`);
    course.trace = { ...course.trace, processes: { wall, list } };
    return wall;
  }

  /** Of the main thread alone. */
  async #calls(engine: Engine, argv: readonly string[], course: Course): Promise<number> {
    const wall = await plainly(engine, ["strace", "-c", "-w", "-o", this.#log, ...argv]);
    const all = parseSummary(readFileSync(this.#log, "utf8"));
    const count = all.reduce((sum, call) => sum + call.count, 0);
    course.trace = {
      ...course.trace,
      calls: { wall: rounded(wall), count, top: all.slice(0, TOP) },
    };
    return wall;
  }
}

function start({ env }: Engine, argv: readonly string[]): Bun.Subprocess<"ignore", "ignore", "ignore"> {
  return Bun.spawn([...argv], { stdio: ["ignore", "ignore", "ignore"], env: { ...process.env, ...env } });
}

async function plainly(engine: Engine, argv: readonly string[]): Promise<number> {
  const started = performance.now();
  const code = await start(engine, argv).exited;
  if (code !== 0) throw new CannotMeasure(`exit status ${code} of ${argv.join(" ")}`);
  return performance.now() - started;
}

/** The kernel's own counts of the thread, read until it is gone. */
async function watched(engine: Engine, argv: readonly string[]): Promise<MainThread> {
  const started = performance.now();
  const child = start(engine, argv);
  const thread = `/proc/${child.pid}/task/${child.pid}`;
  let [onCpu, waiting, faults] = [0, 0, 0];
  while (child.exitCode === null) {
    try {
      const [ran = 0, waited = 0] = readFileSync(`${thread}/schedstat`, "utf8").split(" ").map(Number);
      const fields = readFileSync(`${thread}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      [onCpu, waiting, faults] = [ran / 1e6, waited / 1e6, Number(fields[7]) + Number(fields[9])];
    } catch {
      break;
    }
    await Bun.sleep(1);
  }
  const code = await child.exited;
  const wall = performance.now() - started;
  if (code !== 0) throw new CannotMeasure(`exit status ${code} of ${argv.join(" ")}`);
  const blocked = Math.max(0, wall - onCpu - waiting);
  return {
    wall: rounded(wall),
    onCpu: rounded(onCpu),
    waiting: rounded(waiting),
    blocked: rounded(blocked),
    faults,
  };
}
