/** Reports what became of each of several objects. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Io } from "../frame/command.ts";
import { describeFailure, exitCodeOf } from "./failures.ts";

/** Successes on stdout, each failure on stderr as its own `Error: …`; gives the last failure's exit status, else 0. */
export function reportOutcomes(io: Io, outcomes: readonly Outcome[], show: (o: Outcome) => string): number {
  let status = 0;
  for (const outcome of outcomes) {
    if (outcome.error === undefined) {
      io.out(`${show(outcome)}\n`);
      continue;
    }
    io.err(describeFailure(outcome.error));
    status = exitCodeOf(outcome.error);
  }
  return status;
}
