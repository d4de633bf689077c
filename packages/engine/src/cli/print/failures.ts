/** How a failure is shown to a person: `Error: …`, then what to do about it. */
import { EngineError } from "@podwright/spec/errors/engine-error";

/** One text per failure (an AggregateError has several), each ending with a line end. */
export function describeFailure(error: unknown): string {
  return flatten(error).map(describeOne).join("");
}

/** The exit status of a command that ends with this error: an AggregateError's first member is the cause. */
export function exitCodeOf(error: unknown): number {
  const [first] = flatten(error);
  return first instanceof EngineError ? first.exitCode : 125;
}

function flatten(error: unknown): readonly unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap((e: unknown) => flatten(e)) : [error];
}

function describeOne(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof EngineError ? error.hint : undefined;
  return `Error: ${message}\n${hint === undefined ? "" : `${hint}\n`}`;
}
