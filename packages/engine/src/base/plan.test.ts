import { describe, expect, test } from "bun:test";
import { createLog } from "./log.ts";
import { applyPlan, type Step } from "./plan.ts";

const quiet = createLog("error", () => {});

/** What the plan fails with. */
async function failure(steps: readonly Step[], signal?: AbortSignal): Promise<unknown> {
  try {
    await applyPlan(steps, { title: "t", log: quiet, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    return error;
  }
  throw new Error("the plan did not fail");
}

function recorder(): { events: string[]; step: (name: string, more?: Partial<Step>) => Step } {
  const events: string[] = [];
  return {
    events,
    step: (name, more = {}) => ({
      name,
      apply: () => void events.push(`+${name}`),
      undo: () => void events.push(`-${name}`),
      ...more,
    }),
  };
}

describe("applyPlan()", () => {
  test("applies in order and undoes nothing on success", async () => {
    const { events, step } = recorder();
    await applyPlan([step("a"), step("b")], { title: "t", log: quiet });
    expect(events).toEqual(["+a", "+b"]);
  });

  test("undoes what was applied, the last first, and throws the step's failure", async () => {
    const { events, step } = recorder();
    const boom = new Error("boom");
    const plan = [step("a"), step("b"), step("c", { apply: () => Promise.reject(boom) }), step("d")];
    expect(await failure(plan)).toBe(boom);
    expect(events).toEqual(["+a", "+b", "-b", "-a"]);
  });

  test("undoes the failing step too when it says that its undo is safe", async () => {
    const { events, step } = recorder();
    const failing = step("b", { undoPartial: true, apply: () => Promise.reject(new Error("half-way")) });
    expect(await failure([step("a"), failing])).toEqual(new Error("half-way"));
    expect(events).toEqual(["+a", "-b", "-a"]);
  });

  test("an undo that fails stops no other and is reported after the cause", async () => {
    const { events, step } = recorder();
    const plan = [
      step("a"),
      step("b", { undo: () => Promise.reject(new Error("undo b")) }),
      step("c", { apply: () => Promise.reject(new Error("boom")) }),
    ];
    const error = await applyPlan(plan, { title: "t", log: quiet }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual(["Error: boom", "Error: undo b"]);
    expect(events).toEqual(["+a", "+b", "-a"]);
  });

  test("an abort between steps undoes", async () => {
    const { events, step } = recorder();
    const control = new AbortController();
    const plan = [step("a", { apply: () => control.abort(new Error("interrupted")) }), step("b")];
    expect(await failure(plan, control.signal)).toEqual(new Error("interrupted"));
    expect(events).toEqual(["-a"]);
  });

  test("a debug log names each step with its time, undone ones too", async () => {
    const lines: string[] = [];
    const log = createLog("debug", (line) => lines.push(line));
    const { step } = recorder();
    const plan = [step("one"), step("two", { apply: () => Promise.reject(new Error("no")) })];
    await applyPlan(plan, { title: "make x", log }).catch(() => {});
    expect(lines.map((l) => /msg="(.*) \(/.exec(l)?.[1])).toEqual([
      "make x: one",
      "make x: two failed: no",
      "make x: undo one",
    ]);
  });
});
