/** An operation as data: named steps that one interpreter applies in order and undoes in reverse. */
import { runAll, throwCollected } from "./cleanup.ts";
import type { Log } from "./log.ts";

export interface Step {
  /** What it does, as `--log-level debug` shows it: "create cgroup /podwright-1a2b3c4d/77aa…". */
  readonly name: string;
  readonly apply: () => void | Promise<void>;
  /** Takes back what `apply` did. Runs when a later step fails. */
  readonly undo?: () => void | Promise<void>;
  /**
   * `undo` is idempotent and touches nothing but this object's own things, so it also runs when `apply`
   * itself failed half-way.
   */
  readonly undoPartial?: boolean;
}

export interface PlanOptions {
  /** Shown in the log before each step: "create container 77aa…". */
  readonly title: string;
  readonly log: Log;
  /** Checked between steps; an abort undoes what was done and throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each step that was applied: fault injection in tests, nothing else. */
  readonly afterStep?: (name: string) => void;
}

/**
 * Applies the steps in order. When one fails (or the signal is aborted) those that were applied are undone,
 * the last first; the step's own failure is thrown, what failed in undoing follows it in an AggregateError.
 */
export async function applyPlan(steps: readonly Step[], options: PlanOptions): Promise<void> {
  const undo: Step[] = [];
  for (const step of steps) {
    try {
      options.signal?.throwIfAborted();
      if (step.undoPartial === true) undo.push(step);
      await timed(options, "", step.name, step.apply);
      if (step.undoPartial !== true) undo.push(step);
      options.afterStep?.(step.name);
    } catch (error) {
      throwCollected([error, ...(await undoAll(undo, options))]);
    }
  }
}

function undoAll(applied: readonly Step[], options: PlanOptions): Promise<unknown[]> {
  const steps = applied
    .toReversed()
    .flatMap(({ name, undo }) => (undo === undefined ? [] : [() => timed(options, "undo ", name, undo)]));
  return runAll(steps);
}

async function timed(
  { title, log }: PlanOptions,
  prefix: string,
  name: string,
  act: () => void | Promise<void>,
): Promise<void> {
  if (!log.enabled("debug")) return act();
  const start = performance.now();
  let outcome = "";
  try {
    await act();
  } catch (error) {
    outcome = ` failed: ${error instanceof Error ? error.message : String(error)}`;
    throw error;
  } finally {
    log.debug(`${title}: ${prefix}${name}${outcome} (${(performance.now() - start).toFixed(2)} ms)`);
  }
}
