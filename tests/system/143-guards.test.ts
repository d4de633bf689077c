/** Coarse guards of the start path: how many programs are started and how often a disk is waited for, not how long. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { execute, openEngine, setting, succeed } from "./engine.ts";
import { expectCleanEnd, type HostState } from "./host-state.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
let before: HostState;

beforeAll(async () => {
  before = await warmUp(engine);
});

afterAll(() => expectCleanEnd(engine, before));

interface Trace {
  /** Names of the programs that were started, by the command and by all that it started. */
  readonly programs: readonly string[];
  readonly fsyncs: number;
}

/** The less of two, for now and then a command pays for many before it: the state's log is written out, say. */
async function lessOfTwo(args: readonly string[]): Promise<Trace> {
  const traces = [await trace(args), await trace(args)];
  return {
    programs: traces.map(({ programs }) => programs).toSorted((a, b) => a.length - b.length)[0] ?? [],
    fsyncs: Math.min(...traces.map(({ fsyncs }) => fsyncs)),
  };
}

async function trace(args: readonly string[]): Promise<Trace> {
  const file = join(setting("WORK"), "trace");
  const calls = ["strace", "-f", "-qq", "-e", "trace=execve,fsync,fdatasync", "-o", file];
  succeed(await execute([...calls, ...engine.argv, ...args]));
  const lines = readFileSync(file, "utf8").split("\n");
  rmSync(file);
  const programs = lines.flatMap((line) => {
    const path = /execve\("([^"]+)".* = 0$/.exec(line)?.[1];
    return path === undefined ? [] : [basename(path)];
  });
  return { programs, fsyncs: lines.filter((line) => /\bf(data)?sync\(/.test(line)).length };
}

test("looking starts nothing and waits for no disk", async () => {
  expect(await lessOfTwo(["ps", "-a"])).toEqual({ programs: ["podwright"], fsyncs: 0 });
});

test("a container is created without waiting for a disk", async () => {
  const { programs, fsyncs } = await lessOfTwo(["create", "--rm", "busybox", "true"]);
  await engine.ok("rm", "--all");
  expect(programs).toEqual(["podwright"]);
  expect(fsyncs).toBe(0);
});

test("a run starts the monitor, the runtime and the container, and the engine once", async () => {
  const { programs, fsyncs } = await lessOfTwo(["run", "--rm", "busybox", "true"]);
  expect(programs.filter((name) => name === "podwright")).toHaveLength(1);
  expect(programs.filter((name) => name === "conmon")).toHaveLength(1);
  expect(programs.length).toBeLessThanOrEqual(8);
  expect(fsyncs).toBeLessThanOrEqual(2);
});
