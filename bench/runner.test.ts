/** Whose turn it is, what counts, and what becomes of an engine that cannot. */
import { expect, test } from "bun:test";
import type { Engine } from "./engines.ts";
import { CannotMeasure } from "./measure.ts";
import type { Row, Scenario, Turn } from "./rows/row.ts";
import { type Request, runScenario, type Weighing } from "./runner.ts";

const engine = (name: string, kind: Engine["kind"] = "podman"): Engine => ({
  name,
  kind,
  argv: [name],
  env: {},
  version: "1",
  directory: "/nowhere",
  daemons: [],
});
const ENGINES = [engine("a"), engine("b"), engine("c", "docker")];

/** Notes whose turn it is; every action takes as many milliseconds as there were actions before it. */
function notingMeter(fails: (name: string, turn: number) => boolean = () => false): {
  meter: Weighing;
  noted: string[];
} {
  const noted: string[] = [];
  const meter: Weighing = {
    canWeigh: true,
    settle: async () => {},
    commands: async ({ name }, commands, weigh) => {
      noted.push(weigh ? `${name} weighed` : name);
      if (fails(name, noted.length)) throw new CannotMeasure(`${name} failed`);
      return {
        wall: noted.length,
        cpu: 2,
        each: commands.map(() => 3),
        ...(weigh ? { memory: 40 } : {}),
      };
    },
  };
  return { meter, noted };
}

const ROW: Row = {
  name: "row",
  title: "a row",
  group: "start",
  weigh: "never",
  act: ({ engine: { argv } }) => ({ commands: [argv], samples: "sum" }),
};

function request(scenario: Partial<Scenario>, meter: Weighing, more: Partial<Request> = {}): Request {
  return {
    scenario: { rounds: 2, warmUps: 1, rows: [ROW], ...scenario },
    engines: ENGINES,
    meter,
    wanted: () => true,
    repeat: undefined,
    bundle: "",
    sweep: async () => {},
    ...more,
  };
}

test("runScenario() goes round all engines, and leaves the warm-up out", async () => {
  const { meter, noted } = notingMeter();
  const [row] = await runScenario(request({}, meter));
  expect(noted.join(" ")).toBe("a b c a b c a b c");
  expect(row?.measured["a"]?.wall).toMatchObject({ min: 4, max: 7, samples: 2 });
});

test("runScenario() weighs in turns of their own, whose times do not count", async () => {
  const { meter, noted } = notingMeter();
  const rows = [{ ...ROW, weigh: "apart" as const }];
  const [row] = await runScenario(request({ rows }, meter, { repeat: 1, engines: ENGINES.slice(0, 1) }));
  expect(noted).toEqual(["a", "a weighed", "a weighed"]);
  expect(row?.measured["a"]).toMatchObject({ wall: { samples: 1 }, memory: 40 });
});

test("runScenario() goes on without an engine that fails, and says why", async () => {
  const { meter, noted } = notingMeter((name, turn) => name === "b" && turn > 3);
  const [row] = await runScenario(request({}, meter));
  expect(noted.join(" ")).toBe("a b c a b c a c");
  expect(Object.keys(row?.measured ?? {})).toEqual(["a", "c"]);
  expect(row?.absent).toEqual({ b: "b failed" });
});

test("runScenario() sweeps after an engine that failed, and keeps what was measured when only the end fails", async () => {
  const { meter } = notingMeter((name) => name === "b");
  const swept: string[] = [];
  const sweep = async ({ engine: { name } }: Turn): Promise<void> => void swept.push(name);
  const [row] = await runScenario(
    request({ tearDown: async () => Promise.reject(new Error("busy")) }, meter, { sweep }),
  );
  expect(swept).toEqual(["b"]);
  expect(Object.keys(row?.measured ?? {})).toEqual(["a", "c"]);
});

test("runScenario() does not ask who has no such action", async () => {
  const { meter, noted } = notingMeter();
  const [row] = await runScenario(request({ rows: [{ ...ROW, cannot: { docker: "has no pods" } }] }, meter));
  expect(noted).not.toContain("c");
  expect(row?.absent).toEqual({ c: "has no pods" });
});

test("runScenario() runs the rows before a wanted one, gives only that, and tears down once", async () => {
  const { meter, noted } = notingMeter();
  const rows = ["first", "second", "third"].map((name) => ({ ...ROW, name }));
  let down = 0;
  const tearDown = async (): Promise<void> => void down++;
  const wanted = (name: string): boolean => name === "second";
  const one = ENGINES.slice(0, 1);
  const results = await runScenario(
    request({ rows, tearDown, warmUps: 0 }, meter, { wanted, repeat: 1, engines: one }),
  );
  expect(noted).toEqual(["a", "a"]);
  expect(results.map(({ name }) => name)).toEqual(["second"]);
  expect(down).toBe(1);
});

test("runScenario() takes each command of a series as a sample", async () => {
  const { meter } = notingMeter();
  const row: Row = { ...ROW, act: () => ({ commands: [["x"], ["x"]], samples: "each" }) };
  const [result] = await runScenario(request({ rows: [row] }, meter, { repeat: 1 }));
  expect(result?.measured["a"]).toMatchObject({ wall: { median: 3, samples: 2 }, cpu: { median: 1 } });
});
