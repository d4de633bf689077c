/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function bootSystem(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "system boot is not implemented");
}
