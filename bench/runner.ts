/** Runs one scenario on every engine, turn by turn: A B C, A B C, so that what the machine does else meets all alike. */
import type { Engine } from "./engines.ts";
import type { Meter } from "./measure.ts";
import type { Measured, RowResult } from "./results.ts";
import type { Row, Scenario, Turn } from "./rows/row.ts";
import { type Summary, rounded, summarise } from "./statistics.ts";

interface Course {
  readonly engine: Engine;
  readonly samples: Map<string, Samples>;
}

interface Samples {
  readonly walls: number[];
  readonly cpus: number[];
  readonly peaks: number[];
}

/** What is asked of the meter. */
export type Weighing = Pick<Meter, "commands" | "settle" | "canWeigh">;

export interface Request {
  readonly scenario: Scenario;
  readonly engines: readonly Engine[];
  readonly meter: Weighing;
  /** Names of the rows that are wanted. */
  readonly wanted: (name: string) => boolean;
  readonly repeat: number | undefined;
  readonly bundle: string;
  /** Takes away whatever an engine that failed has left, so that its next row begins as the others' does. */
  readonly sweep: (turn: Turn) => Promise<void>;
}

type Mode = "warm up" | "measure" | "weigh";

const WEIGHINGS = 2;
let turns = 0;

export async function runScenario(request: Request): Promise<readonly RowResult[]> {
  const { scenario, repeat } = request;
  const last = scenario.rows.findLastIndex(({ name }) => request.wanted(name));
  const rows = scenario.rows.slice(0, last + 1);
  const absent = new Map<string, Record<string, string>>(rows.map(({ name }) => [name, {}]));
  const giveUp = (engine: Engine, reason: string): void => {
    for (const row of rows) (absent.get(row.name) ?? {})[engine.name] ??= reason;
  };
  const weighing = request.meter.canWeigh && rows.some(({ weigh }) => weigh === "apart");
  const modes: readonly Mode[] = [
    ...Array<Mode>(repeat === 1 ? 0 : scenario.warmUps).fill("warm up"),
    ...Array<Mode>(repeat ?? scenario.rounds).fill("measure"),
    ...Array<Mode>(weighing && rows.every(({ weigh }) => weigh !== "same") ? WEIGHINGS : 0).fill("weigh"),
  ];
  const turnOf = (engine: Engine): Turn => ({ engine, index: ++turns, bundle: request.bundle });
  let courses = request.engines
    .filter((engine) => {
      const reason = rows.map(({ cannot }) => cannot?.[engine.kind]).find((text) => text !== undefined);
      if (reason !== undefined) giveUp(engine, reason);
      return reason === undefined;
    })
    .map((engine): Course => ({ engine, samples: new Map() }));
  const all = courses;
  /** An engine that fails is out; what it has measured so far does not count. */
  const attempt = async (course: Course, step: (turn: Turn) => Promise<void>): Promise<void> => {
    await step(turnOf(course.engine)).catch((error: unknown) => {
      giveUp(course.engine, error instanceof Error ? error.message : String(error));
      courses = courses.filter((other) => other !== course);
    });
  };
  for (const course of all) await attempt(course, async (turn) => scenario.setUp?.(turn));
  for (const mode of modes)
    for (const course of courses)
      await attempt(course, async (turn) => {
        for (const row of rows) await takeTurn(request.meter, { turn, row, mode, course });
      });
  for (const { engine } of all) {
    const turn = turnOf(engine);
    // What cannot be taken away is in the surroundings, which go with the run; what was measured counts.
    await scenario
      .tearDown?.(turn)
      .catch((error: unknown) => console.error(`${engine.name}: ${String(error)}`));
    if (!courses.some((course) => course.engine === engine)) await request.sweep(turn);
  }
  return rows
    .filter(({ name }) => request.wanted(name))
    .map((row) => resultOf(row, courses, absent.get(row.name) ?? {}));
}

interface RowTurn {
  readonly turn: Turn;
  readonly row: Row;
  readonly mode: Mode;
  readonly course: Course;
}

async function takeTurn(meter: Weighing, { turn, row, mode, course }: RowTurn): Promise<void> {
  await row.before?.(turn);
  await meter.settle();
  const samples = samplesOf(course, row);
  for (let time = 0; time < (row.times ?? 1); time++) {
    const action = row.act(turn);
    if ("probe" in action) {
      const wall = await action.probe();
      if (mode === "measure") samples.walls.push(wall);
      continue;
    }
    const weigh = row.weigh === "same" || (row.weigh === "apart" && (mode === "weigh" || time === 1));
    const sample = await meter.commands(turn.engine, action.commands, weigh);
    if (sample.memory !== undefined && mode !== "warm up") samples.peaks.push(sample.memory);
    if (mode !== "measure" || (weigh && row.weigh === "apart")) continue;
    const parts = action.samples === "each" ? action.commands.length : 1;
    samples.walls.push(...(action.samples === "each" ? sample.each : [sample.wall]));
    samples.cpus.push(sample.cpu / parts);
  }
  await row.after?.(turn);
  await meter.settle();
}

function samplesOf({ samples }: Course, { name }: Row): Samples {
  const there = samples.get(name) ?? { walls: [], cpus: [], peaks: [] };
  samples.set(name, there);
  return there;
}

function resultOf(row: Row, courses: readonly Course[], absent: Record<string, string>): RowResult {
  const measured = courses.flatMap((course): readonly (readonly [string, Measured])[] => {
    const { walls, cpus, peaks } = samplesOf(course, row);
    if (walls.length === 0) return [];
    return [
      [
        course.engine.name,
        {
          wall: inShort(walls),
          ...(cpus.length > 0 ? { cpu: inShort(cpus) } : {}),
          ...(peaks.length > 0 ? { memory: rounded(Math.max(...peaks)) } : {}),
        },
      ],
    ];
  });
  return {
    name: row.name,
    title: row.title,
    group: row.group,
    ...(row.goal === undefined ? {} : { goal: row.goal }),
    ...(row.stretch === undefined ? {} : { stretch: row.stretch }),
    date: new Date().toISOString().slice(0, 16),
    measured: Object.fromEntries(measured),
    absent,
  };
}

function inShort(samples: readonly number[]): Summary {
  const { median, p10, p90, min, max, samples: count } = summarise(samples);
  return {
    median: rounded(median),
    p10: rounded(p10),
    p90: rounded(p90),
    min: rounded(min),
    max: rounded(max),
    samples: count,
  };
}
