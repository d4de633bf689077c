import type { Probe, Probes } from "@podwright/spec/engine-api/containers";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ProbeState } from "../../ports/watch-states.ts";
import { endsContainer, hasStarted, isReady, nextProbeState, PROBE_KINDS, probeDue } from "./machine.ts";

const PROBE: Probe = {
  action: { kind: "exec", command: ["true"] },
  initialDelay: 5,
  period: 10,
  timeout: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

type Kind = (typeof PROBE_KINDS)[number];

function after(kind: Kind, probe: Probe, results: readonly boolean[]): ProbeState | undefined {
  return results.reduce<ProbeState | undefined>(
    (state, ok) => nextProbeState(kind, probe, state, ok ? undefined : "refused"),
    undefined,
  );
}

/** Kubernetes' own way to count: a run of equal results decides once it is as long as its threshold. */
function byRuns(kind: Kind, probe: Probe, results: readonly boolean[]): boolean {
  let held = kind !== "readiness";
  let run = 0;
  results.forEach((ok, i) => {
    run = i > 0 && results[i - 1] === ok ? run + 1 : 1;
    if (run >= (ok ? probe.successThreshold : probe.failureThreshold)) held = ok;
  });
  return held;
}

describe("nextProbeState()", () => {
  test("decides as Kubernetes does, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Kind>("liveness", "readiness"),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        (kind, successThreshold, failureThreshold, results) => {
          const probe = { ...PROBE, successThreshold, failureThreshold };
          const state = after(kind, probe, results);
          expect(state?.passed ?? kind !== "readiness").toBe(byRuns(kind, probe, results));
          expect(state?.streak ?? 0).toBeLessThan(Math.max(successThreshold, failureThreshold));
        },
      ),
    );
  });

  test("a start-up probe passes by its first success and fails by its threshold alone", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 7 }),
        (failureThreshold, failures) => {
          const probe = { ...PROBE, failureThreshold };
          const state = after("startup", probe, Array<boolean>(failures).fill(false));
          expect(state?.passed).toBe(failures > 0 && failures === failureThreshold ? false : state?.passed);
          if (failures < failureThreshold) {
            expect(state?.passed).toBeUndefined();
            expect(nextProbeState("startup", probe, state, undefined).passed).toBe(true);
          }
        },
      ),
    );
  });

  test("keeps why it failed until a success", () => {
    const failed = after("readiness", PROBE, [false]);
    expect(failed?.message).toBe("refused");
    expect(nextProbeState("readiness", PROBE, failed, undefined)).toEqual({
      passed: true,
      streak: 0,
      message: "",
    });
  });

  test("liveness and start-up end a container, readiness does not", () => {
    const down = { passed: false, streak: 0, message: "" };
    expect(PROBE_KINDS.filter((kind) => endsContainer(kind, down))).toEqual(["startup", "liveness"]);
  });
});

describe("probeDue()", () => {
  const probes: Probes = { startup: { ...PROBE, initialDelay: 0 }, readiness: PROBE, liveness: PROBE };
  const passed: ProbeState = { passed: true, streak: 0, message: "" };

  test("waits for the initial delay, then for the period", () => {
    expect(probeDue("startup", probes, undefined, { startedAt: 1000 })).toBe(1000);
    expect(probeDue("startup", probes, undefined, { startedAt: 1000, lastAt: 4000 })).toBe(14_000);
    expect(probeDue("readiness", probes, { startup: passed }, { startedAt: 1000 })).toBe(6000);
  });

  test("nothing else is probed before the start-up probe has passed, and that never again afterwards", () => {
    expect(probeDue("readiness", probes, undefined, { startedAt: 0 })).toBeUndefined();
    expect(
      probeDue("liveness", probes, { startup: { streak: 1, message: "" } }, { startedAt: 0 }),
    ).toBeUndefined();
    expect(probeDue("startup", probes, { startup: passed }, { startedAt: 0 })).toBeUndefined();
  });
});

describe("isReady()", () => {
  test("by the start-up and the readiness probe", () => {
    const passed: ProbeState = { passed: true, streak: 0, message: "" };
    expect(isReady(undefined, undefined)).toBe(true);
    expect(isReady({ liveness: PROBE }, undefined)).toBe(true);
    expect(isReady({ startup: PROBE }, undefined)).toBe(false);
    expect(hasStarted({ startup: PROBE }, { startup: passed })).toBe(true);
    expect(isReady({ startup: PROBE, readiness: PROBE }, { startup: passed })).toBe(false);
    expect(isReady({ readiness: PROBE }, { readiness: passed })).toBe(true);
  });
});
