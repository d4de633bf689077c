/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function pauseContainers(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "pause is not implemented");
}
