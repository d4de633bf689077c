/** The benchmark, in the surroundings that bench/enter.sh makes: row by row, each printed and saved as it is done. */
import { makeBundles } from "./bundle.ts";
import { BASELINE, type Engine, openEngines } from "./engines.ts";
import { pairWithEmpty } from "./empty.ts";
import { measureHeld } from "./held.ts";
import { describeMachine } from "./machine.ts";
import { Meter } from "./measure.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { requireSuccess } from "./process.ts";
import { readResults, type Results, type RowResult, withRow, writeResults } from "./results.ts";
import { MANY } from "./rows/many.ts";
import { PODS } from "./rows/pods.ts";
import { PULLS } from "./rows/pulls.ts";
import { IMAGE, type Scenario, sweep, type Turn } from "./rows/row.ts";
import { SCALE } from "./rows/scale.ts";
import { SINGLE } from "./rows/single.ts";
import { USER } from "./rows/user.ts";
import { runScenario } from "./runner.ts";
import { TRACE_ROUNDS, Tracer } from "./tracer.ts";
import { traceText, writeTrace } from "./traces.ts";
import { UserEngines } from "./user.ts";

const SCENARIOS: readonly Scenario[] = [...SINGLE, ...PODS, ...PULLS, ...MANY, ...SCALE, ...USER];
const ROWS = SCENARIOS.flatMap(({ rows }) => rows);
const NAMES = ROWS.map(({ name }) => name);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), NAMES);
  if (options.help) process.stdout.write(USAGE);
  else if (options.list) for (const { name, title } of ROWS) console.log(`${name.padEnd(16)}${title}`);
  else await measureAll(options);
}

async function measureAll(options: Options): Promise<void> {
  const { BENCH_WORK: work, BENCH_OUT: out } = process.env;
  if (work === undefined || out === undefined) throw new Error("start it by bench/run");
  const started = performance.now();
  const { engines, absent, stop } = await openEngines(work, options.peers, options.more);
  for (const { name, reason } of absent) console.log(`without ${name}: ${reason}`);
  const users = new UserEngines(engines);
  try {
    const bundle = await prepare(work, engines);
    const before = options.keep ? readResults(out) : undefined;
    if (options.trace) return await traceAll(options, { engines, users, bundle, work, out });
    let results: Results = {
      machine: await describeMachine(work),
      engines: engines.map(({ name, version }) => ({ name, version })),
      absent: Object.fromEntries(absent.map(({ name, reason }) => [name, reason])),
      rows: before?.rows ?? [],
    };
    const meter = new Meter(work);
    const wanted = wantedBy(options);
    for (const scenario of SCENARIOS.filter(({ rows }) => rows.some(({ name }) => wanted(name)))) {
      const request = {
        scenario,
        engines: await users.of(scenario),
        meter,
        wanted,
        repeat: options.repeat,
        bundle,
        sweep,
      };
      for (const row of await runScenario(request)) {
        print(row);
        results = withRow(results, row, NAMES);
        writeResults(out, results);
      }
    }
  } finally {
    await users.stop();
    await stop();
  }
  console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
}

interface Surroundings {
  readonly engines: readonly Engine[];
  readonly users: UserEngines;
  readonly bundle: string;
  readonly work: string;
  readonly out: string;
}

/** Rows without a single command of the engine (requests, many at once) have no trace. */
async function traceAll(
  options: Options,
  { engines, users, bundle, work, out }: Surroundings,
): Promise<void> {
  const wanted = wantedBy(options);
  if (Bun.which("strace") === null)
    console.log("without strace in this root: no programs and no system calls, only the main thread's times");
  await measureHeld(engines, out);
  for (const scenario of SCENARIOS.filter(({ rows }) => rows.some(({ name }) => wanted(name)))) {
    const own = (await users.of(scenario)).filter(({ kind }) => kind === "podwright");
    const tracer = new Tracer(work);
    const rows = scenario.rows.map((row) => ({
      ...row,
      act: (turn: Turn) => {
        tracer.row = row;
        return row.act(turn);
      },
    }));
    const request = { engines: own, meter: tracer, wanted, repeat: TRACE_ROUNDS, bundle, sweep };
    for (const { name, absent } of await runScenario({ ...request, scenario: { ...scenario, rows } })) {
      const trace = tracer.traces.find(({ row }) => row === name);
      const reasons = Object.values(absent).join("; ");
      if (reasons !== "" || trace === undefined)
        console.log(`${name}: no trace: ${reasons || "it has no single command"}`);
      else {
        const [engine] = own;
        const empty =
          name === "version" && engine !== undefined ? await pairWithEmpty(work, engine) : undefined;
        const whole = empty === undefined ? trace : { ...trace, empty };
        writeTrace(out, whole);
        console.log(traceText(whole));
      }
    }
  }
}

function wantedBy({ rows }: Options): (name: string) => boolean {
  return (name) => rows.length === 0 || rows.includes(name);
}

/** The small image is there before anything is measured. */
async function prepare(work: string, engines: readonly Engine[]): Promise<string> {
  const withImages = engines.filter(({ kind }) => kind !== "runtime");
  for (const { argv, env } of withImages) await requireSuccess([...argv, "pull", IMAGE], { env });
  const [source] = withImages;
  const runtime = engines.find(({ kind }) => kind === "runtime");
  return source === undefined || runtime === undefined ? "" : makeBundles(work, source, runtime);
}

function print({ name, measured, absent }: RowResult): void {
  console.log(name);
  const baseline = measured[BASELINE]?.wall.median;
  for (const [engine, { wall, cpu, memory }] of Object.entries(measured)) {
    const ratio = baseline === undefined ? "" : `${(wall.median / baseline).toFixed(3)} ×`;
    const columns = [
      `${wall.median} ms`.padStart(10),
      `(${wall.p10}–${wall.p90}, ${wall.samples})`.padEnd(22),
      ratio.padStart(9),
      (cpu === undefined ? "" : `CPU ${cpu.median} ms`).padStart(14),
      (memory === undefined ? "" : `${memory} MB`).padStart(9),
    ];
    console.log(`  ${engine.padEnd(12)}${columns.join(" ")}`);
  }
  for (const [engine, reason] of Object.entries(absent)) console.log(`  ${engine.padEnd(12)}– ${reason}`);
}

await main().catch((error: unknown) => {
  console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
