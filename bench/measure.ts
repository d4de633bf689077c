/** Measures one action of an engine: its time, the processor time of all that it set going, the memory of its largest process. */
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "./engines.ts";
import { lastLines } from "./process.ts";

export interface Sample {
  /** Milliseconds from start to end of the command. */
  readonly wall: number;
  /** Milliseconds of user and system time, of daemons and of what goes on after the command's end, too. */
  readonly cpu: number;
  /** Megabytes (10⁶) of the largest process; undefined where it was not looked at. */
  readonly memory?: number;
}

/** A command that did not do what it was asked to: the engine is out of this row. */
export class CannotMeasure extends Error {}

const COMMAND_TIMEOUT = 300_000;
const TIME = "/usr/bin/time";
const SETTLE_STEP = 20;
const SETTLE_LIMIT = 3000;
/** Milliseconds of processor time in a step that count as quiet. */
const QUIET = 1.5;

const VERSION_1 = "/sys/fs/cgroup/cpuacct/cpuacct.usage";
const VERSION_1_JOINT = "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage";
const VERSION_2 = "/sys/fs/cgroup/cpu.stat";

export class Meter {
  readonly #stderr: string;
  readonly #peak: string;
  readonly #usage: () => number;
  readonly canWeigh: boolean;

  constructor(work: string) {
    this.#stderr = join(work, "stderr");
    this.#peak = join(work, "peak");
    this.#usage = usageReader();
    this.canWeigh = Bun.which(TIME) !== null;
  }

  /** Each command in its turn, as one action. */
  async commands(
    engine: Engine,
    commands: readonly (readonly string[])[],
    weigh: boolean,
  ): Promise<Sample & { readonly each: readonly number[] }> {
    const from = this.#begin();
    const weighing = weigh && this.canWeigh;
    if (weighing) engine.daemons.forEach(resetPeak);
    const each: number[] = [];
    let peak = 0;
    for (const argv of commands) {
      each.push(this.#run(engine, weighing ? [TIME, "-q", "-f", "%M", "-o", this.#peak, ...argv] : argv));
      if (weighing) peak = Math.max(peak, Number(readFileSync(this.#peak, "utf8").trim()) * 1024);
    }
    const wall = each.reduce((sum, time) => sum + time, 0);
    const cpu = await this.#settled(from);
    if (!weighing) return { wall, cpu, each };
    const daemons = engine.daemons.reduce((sum, pid) => sum + peakOf(pid), 0);
    return { wall, cpu, each, memory: (peak + daemons) / 1e6 };
  }

  /** Waits until nothing goes on any more, so that no engine pays for what another one has left. */
  async settle(): Promise<void> {
    await this.#settled(this.#begin());
  }

  #run({ env }: Engine, argv: readonly string[]): number {
    const stderr = openSync(this.#stderr, "w");
    const started = performance.now();
    // Synchronous: the loop of events would add its own turns to times of some milliseconds.
    const ended = Bun.spawnSync([...argv], {
      stdio: ["ignore", "ignore", stderr],
      timeout: COMMAND_TIMEOUT,
      env: { ...process.env, ...env },
    });
    const wall = performance.now() - started;
    closeSync(stderr);
    if (ended.exitCode === 0) return wall;
    const how = ended.exitedDueToTimeout === true ? "timed out" : `exit status ${ended.exitCode}`;
    throw new CannotMeasure(`${how} of ${shown(argv)}: ${lastLines(readFileSync(this.#stderr, "utf8"))}`);
  }

  #begin(): number {
    return this.#others();
  }

  /** Of all in this run's cgroup but the measuring process itself. */
  #others(): number {
    const { user, system } = process.cpuUsage();
    return this.#usage() - (user + system) / 1000;
  }

  async #settled(from: number): Promise<number> {
    let before = this.#others();
    for (let waited = 0; waited < SETTLE_LIMIT; waited += SETTLE_STEP) {
      await Bun.sleep(SETTLE_STEP);
      const now = this.#others();
      if (now - before < QUIET) return now - from;
      before = now;
    }
    return before - from;
  }
}

function usageReader(): () => number {
  for (const file of [VERSION_1, VERSION_1_JOINT])
    if (canRead(file)) return () => Number(readFileSync(file, "utf8")) / 1e6;
  return () => Number(/^usage_usec (\d+)$/m.exec(readFileSync(VERSION_2, "utf8"))?.[1] ?? 0) / 1000;
}

function canRead(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}

function shown(argv: readonly string[]): string {
  const text = argv.join(" ");
  return text.length > 160 ? `${text.slice(0, 160)} …` : text;
}
