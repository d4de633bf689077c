import { describe, expect, test } from "bun:test";
import type { HealthAction, HealthRequest } from "@podwright/spec/engine-api/health";
import fc from "fast-check";
import type { HealthLogEntry, HealthState } from "../../ports/watch-states.ts";
import { type HealthStep, initialHealth, isStartingUp, nextHealth } from "./next-state.ts";

const CHECK: HealthRequest = {
  test: ["CMD", "true"],
  interval: 1000,
  timeout: 1000,
  startPeriod: 0,
  retries: 3,
};

/** Results a second apart, from the start on. */
function results(exitCodes: readonly number[]): HealthLogEntry[] {
  return exitCodes.map((exitCode, at) => ({
    start: at * 1000,
    end: at * 1000 + 10,
    exitCode,
    output: String(at),
  }));
}

function steps(check: HealthRequest, exitCodes: readonly number[]): HealthStep[] {
  let state = initialHealth(check);
  return results(exitCodes).map((result) => {
    const step = nextHealth(check, state, { result, startedAt: 0 });
    ({ state } = step);
    return step;
  });
}

const told = (check: HealthRequest, exitCodes: readonly number[]): string[] =>
  steps(check, exitCodes).map(
    ({ state, action }) => `${state.status} ${state.failingStreak}${action === "none" ? "" : ` ${action}`}`,
  );

describe("nextHealth()", () => {
  test("as many failures as retries in a row, and the first success after them", () => {
    expect(told(CHECK, [1, 0, 1, 1, 0, 1, 1, -1, 1, 0])).toEqual([
      "starting 1",
      "healthy 0",
      "healthy 1",
      "healthy 2",
      "healthy 0",
      "healthy 1",
      "healthy 2",
      "unhealthy 3",
      "unhealthy 4",
      "healthy 0",
    ]);
  });

  test("failures in the start period do not count, a success does", () => {
    const check = { ...CHECK, startPeriod: 3000, retries: 1 };
    expect(told(check, [1, 1, 0, 1])).toEqual(["starting 0", "starting 0", "healthy 0", "unhealthy 1"]);
  });

  test("the action is asked for at each failure of an unhealthy container", () => {
    const check: HealthRequest = { ...CHECK, retries: 2, onFailure: "stop" };
    expect(told(check, [1, 1, 1, 0])).toEqual([
      "starting 1",
      "unhealthy 2 stop",
      "unhealthy 3 stop",
      "healthy 0",
    ]);
  });

  test("a start-up check goes before, and failures of it are none of the health check", () => {
    const startup = { interval: 1000, timeout: 1000, retries: 0, successes: 2 };
    expect(told({ ...CHECK, retries: 1, startup }, [1, 0, 1, 0, 0, 1])).toEqual([
      "starting 0",
      "starting 0",
      "starting 0",
      "starting 0",
      "healthy 0",
      "unhealthy 1",
    ]);
  });

  test("a start-up check that fails too often in a row asks for a restart", () => {
    const startup = { interval: 1000, timeout: 1000, retries: 2, successes: 2 };
    expect(told({ ...CHECK, startup }, [1, 0, 1, 1])).toEqual([
      "starting 0",
      "starting 0",
      "starting 0",
      "starting 0 restart",
    ]);
  });

  test("all results are kept where there is no limit", () => {
    const last = steps({ ...CHECK, maxLogCount: 0 }, Array<number>(20).fill(0)).at(-1);
    expect(last?.state.log.map(({ output }) => Number(output))).toEqual([...Array(20).keys()]);
  });
});

const exitCode = fc.constantFrom(0, 1, 125, -1);
const startup = fc.record({
  interval: fc.constant(1000),
  timeout: fc.constant(1000),
  retries: fc.nat(4),
  successes: fc.nat(4),
});
const anyCheck: fc.Arbitrary<HealthRequest> = fc.record(
  {
    test: fc.constant(CHECK.test),
    interval: fc.constant(1000),
    timeout: fc.constant(1000),
    startPeriod: fc.nat(6000),
    retries: fc.integer({ min: 1, max: 5 }),
    startup,
    onFailure: fc.constantFrom<HealthAction>("none", "kill", "restart", "stop"),
    maxLogCount: fc.nat(6),
  },
  { requiredKeys: ["test", "interval", "timeout", "startPeriod", "retries"] },
);

/** The failures at the end of what was found, in checks that count. */
function expectedStreak(check: HealthRequest, found: readonly HealthLogEntry[], all: readonly HealthStep[]) {
  let streak = 0;
  found.forEach((result, at) => {
    const before: HealthState =
      at === 0 ? initialHealth(check) : (all[at - 1]?.state ?? initialHealth(check));
    if (isStartingUp(check, before)) return;
    if (result.exitCode === 0) streak = 0;
    else if (result.start >= check.startPeriod) streak += 1;
  });
  return streak;
}

describe("for any check and any results", () => {
  const anyRun = [anyCheck, fc.array(exitCode, { maxLength: 40 })] as const;

  test("the streak is that of the failures which count, and decides alone on unhealthy", () => {
    fc.assert(
      fc.property(...anyRun, (check, exitCodes) => {
        const all = steps(check, exitCodes);
        all.forEach(({ state }, at) => {
          expect(state.failingStreak).toBe(expectedStreak(check, results(exitCodes.slice(0, at + 1)), all));
          if (state.failingStreak >= check.retries) expect(state.status).toBe("unhealthy");
          if (state.status === "unhealthy") expect(state.failingStreak).toBeGreaterThanOrEqual(check.retries);
        });
      }),
    );
  });

  test("nothing is healthy or unhealthy before it has started up", () => {
    fc.assert(
      fc.property(...anyRun, (check, exitCodes) => {
        for (const { state } of steps(check, exitCodes)) {
          if (isStartingUp(check, state)) expect(state.status).toBe("starting");
        }
      }),
    );
  });

  test("actions come with failures alone, and only those that were asked for", () => {
    fc.assert(
      fc.property(...anyRun, (check, exitCodes) => {
        steps(check, exitCodes).forEach(({ state, action }, at) => {
          if (exitCodes[at] === 0) expect(action).toBe("none");
          if (state.status === "unhealthy" && exitCodes[at] !== 0) {
            expect<HealthAction>(action).toBe(check.onFailure ?? "none");
          }
          if (isStartingUp(check, state)) expect(["none", "restart"]).toContain(action);
        });
      }),
    );
  });

  test("the log holds the last results, in order", () => {
    fc.assert(
      fc.property(...anyRun, (check, exitCodes) => {
        const { maxLogCount = 5 } = check;
        const all = results(exitCodes);
        const log = steps(check, exitCodes).at(-1)?.state.log ?? [];
        expect(log).toEqual(maxLogCount === 0 ? all : all.slice(-maxLogCount));
      }),
    );
  });

  test("it goes on from what was written down: a supervisor that was killed changes nothing", () => {
    fc.assert(
      fc.property(...anyRun, (check, exitCodes) => {
        let kept = JSON.stringify(initialHealth(check));
        for (const result of results(exitCodes)) {
          const state = JSON.parse(kept) as HealthState;
          kept = JSON.stringify(nextHealth(check, state, { result, startedAt: 0 }).state);
        }
        const uninterrupted = steps(check, exitCodes).at(-1)?.state ?? initialHealth(check);
        expect(JSON.parse(kept)).toEqual(uninterrupted);
      }),
    );
  });
});
