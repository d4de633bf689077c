/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function checkHealth(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "healthcheck run is not implemented");
}
