/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function pruneSystem(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "system prune is not implemented");
}
