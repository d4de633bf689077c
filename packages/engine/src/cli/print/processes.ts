/** Prints what `top` has found. */
import type { ProcessTable } from "@podwright/spec/engine-api/usage";
import type { Io } from "../frame/command.ts";
import { formatTable } from "./table.ts";

export function printProcesses(io: Io, { titles, rows }: ProcessTable): void {
  // ps(1) has aligned its lines itself, and may have tabs in them.
  if (titles.length === 1) io.out([titles, ...rows].map((line) => `${line.join("")}\n`).join(""));
  else io.out(formatTable([titles, ...rows]));
}
