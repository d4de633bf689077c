/** The question before something that cannot be undone. */
import type { Io } from "../frame/command.ts";

/** True for an answer that begins with y. */
export async function confirmed(io: Io): Promise<boolean> {
  const answer = await io.ask("Are you sure you want to continue? [y/N] ");
  return answer.trim().toLowerCase().startsWith("y");
}
