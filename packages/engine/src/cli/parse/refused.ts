/** Refuses by name what the command line knows and the engine cannot do yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

/** @throws NOT_IMPLEMENTED naming the first */
export function refuseUnsupported(flags: readonly string[]): void {
  const [first] = flags;
  if (first !== undefined) throw new EngineError("NOT_IMPLEMENTED", `--${first} is not supported`);
}
