/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function pruneContainers(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "container prune is not implemented");
}
