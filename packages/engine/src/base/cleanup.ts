/** Scope-bound clean-up: undo steps run in reverse, all of them, and the first cause is reported first. */

export type Undo = () => void | Promise<void>;

/**
 * Collects undo steps while an operation proceeds. `await using` runs them in reverse unless `keep()` was
 * called; a failing step does not stop the others.
 */
export class CleanupStack implements AsyncDisposable {
  #steps: Undo[] = [];

  defer(undo: Undo): void {
    this.#steps.push(undo);
  }

  /** The operation succeeded: what was done stays. */
  keep(): void {
    this.#steps = [];
  }

  /** The operation goes on elsewhere: what is to be undone is the new one's. */
  move(): CleanupStack {
    const moved = new CleanupStack();
    moved.#steps = this.#steps;
    this.#steps = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures = await runAll(this.#steps.reverse());
    this.#steps = [];
    throwCollected(failures);
  }
}

/** Runs each step though others fail; gives the failures in order, nested AggregateErrors flattened. */
export async function runAll(steps: readonly Undo[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(...(error instanceof AggregateError ? error.errors : [error]));
    }
  }
  return failures;
}

/** Throws nothing, the one failure, or an AggregateError whose message is the first failure's. */
export function throwCollected(failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  if (failures.length === 1) throw failures[0];
  const first = failures[0];
  throw new AggregateError(failures, first instanceof Error ? first.message : String(first));
}
