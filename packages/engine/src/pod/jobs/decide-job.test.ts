import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JobRecord, JobSpec, JobState } from "../../ports/job-record.ts";
import { afterFailure, decideJob, isActive, type JobPod } from "./decide-job.ts";

const SPEC: JobSpec = { completions: 1, parallelism: 1, backoffLimit: 6, suspended: false };

function job(spec: Partial<JobSpec> = {}, state: Partial<JobState> = {}): JobRecord {
  return { id: "j", name: "job", spec: { ...SPEC, ...spec }, state: { startedAt: 1, pods: {}, ...state } };
}

const pod = (id: string, phase: JobPod["phase"], startedAt = 0, restarts = 0): JobPod => ({
  id,
  phase,
  startedAt,
  restarts,
});

describe("decideJob()", () => {
  test("nothing before it was begun; then the first pods, and the next when those have succeeded", () => {
    const pods = [pod("a", "waiting"), pod("b", "waiting"), pod("c", "waiting")];
    expect(decideJob(job({ completions: 3 }, { startedAt: 0 }), pods, 5).start).toEqual([]);
    expect(decideJob(job({ completions: 3, parallelism: 2 }), pods, 5).start).toEqual(["a", "b"]);
    const later = [pod("a", "succeeded", 2), pod("b", "running", 2), pod("c", "waiting")];
    expect(decideJob(job({ completions: 3, parallelism: 2 }), later, 5).start).toEqual(["c"]);
    expect(decideJob(job({ completions: 3, parallelism: 1 }), later, 5).start).toEqual([]);
  });

  test("one that was stopped by hand keeps the rest from starting", () => {
    const pods = [pod("a", "stopped", 2), pod("b", "waiting")];
    expect(decideJob(job({ completions: 2 }), pods, 5).start).toEqual([]);
  });

  test("a failure is counted once, and waited for", () => {
    const failed = pod("a", "failed", 3);
    expect(decideJob(job(), [failed], 5).failed).toEqual([failed]);
    const counted = { pods: { a: afterFailure(undefined, failed, { now: 5 }) } };
    expect(decideJob(job({}, counted), [failed], 6)).toMatchObject({ failed: [], start: [], due: 10_005 });
    expect(decideJob(job({}, counted), [failed], 10_005).start).toEqual(["a"]);
  });

  test("ends: complete, too many failures, too long", () => {
    expect(decideJob(job(), [pod("a", "succeeded", 2)], 5).end).toMatchObject({ complete: true });
    const tired = { pods: { a: { failures: 2, counted: 3, retryAt: 9, message: "" } } };
    const end = decideJob(job({ backoffLimit: 1 }, tired), [pod("a", "failed", 3)], 5).end;
    expect(end).toMatchObject({ complete: false, reason: "BackoffLimitExceeded" });
    const restarted = decideJob(job({ backoffLimit: 1 }), [pod("a", "restarting", 3, 2)], 5).end;
    expect(restarted?.reason).toBe("BackoffLimitExceeded");
    expect(decideJob(job({ activeDeadline: 1 }), [pod("a", "running", 2)], 500).due).toBe(1001);
    expect(decideJob(job({ activeDeadline: 1 }), [pod("a", "running", 2)], 1001).end?.reason).toBe(
      "DeadlineExceeded",
    );
  });

  test("without completions one success is enough, once the others have ended", () => {
    const open = job({ parallelism: 2 });
    const { completions: _none, ...spec } = open.spec;
    const shared = { ...open, spec };
    expect(decideJob(shared, [pod("a", "succeeded", 2), pod("b", "running", 2)], 5).end).toBeUndefined();
    expect(decideJob(shared, [pod("a", "succeeded", 2), pod("b", "waiting")], 5).end?.complete).toBe(true);
  });

  test("after the end what runs is stopped, and all is removed when its time has come", () => {
    const end = { at: 100, complete: false, reason: "DeadlineExceeded", message: "" };
    const over = job({ keptFor: 1 }, { end });
    expect(decideJob(over, [pod("a", "running", 2), pod("b", "restarting", 2)], 200).stop).toEqual([
      "a",
      "b",
    ]);
    expect(decideJob(over, [pod("a", "failed", 2)], 200)).toMatchObject({ remove: false, due: 1100 });
    expect(decideJob(over, [pod("a", "failed", 2)], 1100).remove).toBe(true);
  });
});

/** Follows the decisions with pods that end as the list says, each start taking one entry. */
function play(spec: Partial<JobSpec>, count: number, results: readonly boolean[]) {
  let record = job(spec);
  let pods = Array.from({ length: count }, (_, i) => pod(String(i), "waiting"));
  let now = 10;
  let most = 0;
  let starts = 0;
  for (let step = 0; step < 500 && record.state.end === undefined; step++) {
    const decision = decideJob(record, pods, now);
    now += 1;
    const counted = Object.fromEntries(
      decision.failed.map((one) => [one.id, afterFailure(record.state.pods[one.id], one, { now })]),
    );
    const end = decision.end === undefined ? {} : { end: decision.end };
    record = { ...record, state: { ...record.state, pods: { ...record.state.pods, ...counted }, ...end } };
    const changed = decision.failed.length > 0 || decision.end !== undefined || decision.start.length > 0;
    pods = pods.map((one) => {
      if (decision.start.includes(one.id)) return { ...one, phase: "running" as const, startedAt: now };
      if (changed || one.phase !== "running") return one;
      return { ...one, phase: (results[starts++ % results.length] ?? true) ? "succeeded" : "failed" };
    });
    most = Math.max(most, pods.filter(isActive).length);
    if (!changed && decision.due !== undefined) now = Math.max(now, decision.due);
  }
  return { record, pods, most };
}

test("whatever its pods do, a Job ends, within its limits", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 5 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
      (completions, parallelism, backoffLimit, results) => {
        const { record, pods, most } = play({ completions, parallelism, backoffLimit }, completions, results);
        const { end } = record.state;
        expect(most).toBeLessThanOrEqual(parallelism);
        const failures = Object.values(record.state.pods).reduce((sum, one) => sum + one.failures, 0);
        if (end?.complete === true) expect(pods.every(({ phase }) => phase === "succeeded")).toBe(true);
        else expect(failures).toBeGreaterThan(backoffLimit);
        expect(end).toBeDefined();
      },
    ),
  );
});
