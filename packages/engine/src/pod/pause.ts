/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function pausePods(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "pod pause is not implemented");
}
