/** Commands whose result is seen in the user's mount namespace alone. */
import { EngineError } from "@podwright/spec/errors/engine-error";

/** `command` as typed: "podwright mount". @throws CLI_USAGE for an ordinary user who is not within `unshare` */
export function requireInside(program: string, verb: string): void {
  if (process.geteuid?.() === 0) return;
  throw new EngineError(
    "CLI_USAGE",
    `cannot run command "${program} ${verb}" in rootless mode, must execute \`${program} unshare\` first`,
  );
}
