/** Inspects each of several names and prints what was found, then what was not. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Io } from "../frame/command.ts";
import { describeFailure, exitCodeOf } from "../print/failures.ts";
import { printInspect } from "../print/inspect.ts";
import { withZeroValues } from "../print/objects/zero-values.ts";
import { asksForJson } from "../print/template.ts";
import type { Inspected } from "./lookups.ts";

/** A name that fails does not stop the others; what was found is printed even when it is nothing: `[]`. */
export async function inspectEach(
  io: Io,
  names: readonly string[],
  format: string | undefined,
  inspect: (name: string) => Promise<Inspected>,
): Promise<number> {
  const found: Inspected[] = [];
  const failures: EngineError[] = [];
  for (const name of names) {
    try {
      found.push(await inspect(name));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      failures.push(error);
    }
  }
  printInspected(io, found, format);
  for (const failure of failures) io.err(describeFailure(failure));
  const [first] = failures;
  return first === undefined ? 0 : exitCodeOf(first);
}

export function printInspected(io: Io, found: readonly Inspected[], format: string | undefined): void {
  if (format === undefined || format === "" || asksForJson(format)) {
    printInspect(
      io,
      found.map(({ json }) => json),
    );
    return;
  }
  const filled = found.map(({ kind, json }) => withZeroValues(kind, json));
  printInspect(io, filled, format);
}
