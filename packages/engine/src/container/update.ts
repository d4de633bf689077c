/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function updateContainer(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "update is not implemented");
}
