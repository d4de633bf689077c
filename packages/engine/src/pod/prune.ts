/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function prunePods(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "pod prune is not implemented");
}
