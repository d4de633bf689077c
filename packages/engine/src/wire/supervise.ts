/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function superviseEngine(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "supervision is not implemented");
}
