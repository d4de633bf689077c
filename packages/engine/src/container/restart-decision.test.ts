import { describe, expect, test } from "bun:test";
import type { RestartPolicy } from "@podwright/spec/engine-api/containers";
import fc from "fast-check";
import { decideRestart, type Ending, LONGEST_WAIT, type RestartHistory } from "./restart-decision.ts";

const ALWAYS: RestartPolicy = { name: "always", maximumRetries: 0 };
const CRASH: Ending = { exitCode: 1, at: 50_000, startedAt: 49_000, byHand: false };
const FRESH: RestartHistory = { restarts: 0 };

const policies = fc.record({
  name: fc.constantFrom("no" as const, "always" as const, "on-failure" as const, "unless-stopped" as const),
  maximumRetries: fc.integer({ min: 0, max: 5 }),
});
const endings: fc.Arbitrary<Ending> = fc
  .record({
    exitCode: fc.integer({ min: -1, max: 255 }),
    startedAt: fc.integer({ min: 0, max: 1_000_000 }),
    length: fc.integer({ min: 0, max: 2_000_000 }),
    byHand: fc.boolean(),
    endedFor: fc.option(fc.constant("liveness probe failed"), { nil: undefined }),
  })
  .map(({ length, endedFor, ...ending }) => ({
    ...ending,
    at: ending.startedAt + length,
    ...(endedFor === undefined ? {} : { endedFor }),
  }));

/** Lives through these ends, one after the other, each run as long as it says. */
function live(policy: RestartPolicy, ends: readonly Ending[]) {
  let history: RestartHistory = FRESH;
  const waits: (number | undefined)[] = [];
  for (const ending of ends) {
    const backOff = decideRestart(policy, history, ending);
    waits.push(backOff?.restartAt === undefined ? undefined : backOff.restartAt - ending.at);
    if (backOff?.restartAt === undefined) break;
    history = { restarts: history.restarts + 1, backOff };
  }
  return { waits, history };
}

describe("decideRestart()", () => {
  test("a crash loop waits 0, 10, 20, 40 … 300 seconds", () => {
    const { waits } = live(
      ALWAYS,
      Array.from({ length: 9 }, () => CRASH),
    );
    expect(waits.map((wait) => (wait ?? Number.NaN) / 1000)).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test("a run of ten minutes sets the wait back", () => {
    const good = { ...CRASH, at: CRASH.startedAt + 600_000 };
    expect(live(ALWAYS, [CRASH, CRASH, CRASH, good, CRASH]).waits).toEqual([0, 10_000, 20_000, 0, 10_000]);
  });

  test("one that was never started had no good run", () => {
    expect(live(ALWAYS, [CRASH, { ...CRASH, startedAt: 0, at: 1e12 }]).waits).toEqual([0, 10_000]);
  });

  test("on-failure stops at its limit and says so", () => {
    const policy: RestartPolicy = { name: "on-failure", maximumRetries: 2 };
    const { waits, history } = live(policy, [CRASH, CRASH, CRASH]);
    expect(waits).toEqual([0, 10_000, undefined]);
    expect(decideRestart(policy, history, CRASH)).toEqual({
      wait: 10_000,
      reason: "restarted 2 times, not again: exit code 1",
    });
  });

  test.each([
    [CRASH, FRESH, "restarting failed container: exit code 1"],
    [{ ...CRASH, exitCode: 0 }, FRESH, "restarting ended container"],
    [
      { ...CRASH, exitCode: 137, endedFor: "liveness probe failed: HTTP 500" },
      { restarts: 2, backOff: { wait: 10_000, reason: "" } },
      "back-off 20s restarting failed container: liveness probe failed: HTTP 500",
    ],
    [
      { ...CRASH, failure: "no such image" },
      { restarts: 5, backOff: { wait: 40_000, reason: "" } },
      "back-off 1m20s restarting failed container: no such image",
    ],
  ] satisfies [Ending, RestartHistory, string][])("%j is said: %s", (ending, history, reason) => {
    expect(decideRestart(ALWAYS, history, ending)?.reason).toBe(reason);
  });

  test("whatever the policy and the ends", () => {
    fc.assert(
      fc.property(policies, fc.array(endings, { maxLength: 12 }), (policy, ends) => {
        let history: RestartHistory = FRESH;
        for (const ending of ends) {
          const backOff = decideRestart(policy, history, ending);
          const failed = ending.exitCode !== 0 || ending.endedFor !== undefined;
          if (policy.name === "no" || ending.byHand) expect(backOff).toBeUndefined();
          if (backOff?.restartAt !== undefined) {
            expect(policy.name).not.toBe("no");
            if (policy.name === "on-failure") expect(failed).toBe(true);
            const wait = backOff.restartAt - ending.at;
            expect(wait).toBe(backOff.wait);
            expect(wait === 0 || (wait >= 10_000 && wait <= LONGEST_WAIT)).toBe(true);
            if (history.backOff === undefined) expect(wait).toBe(0);
          } else if ((policy.name === "always" || policy.name === "unless-stopped") && !ending.byHand) {
            throw new Error("not restarted");
          }
          if (policy.name === "on-failure" && policy.maximumRetries > 0) {
            expect(history.restarts).toBeLessThanOrEqual(policy.maximumRetries);
          }
          if (backOff?.restartAt === undefined) break;
          history = { restarts: history.restarts + 1, backOff };
        }
      }),
    );
  });
});
