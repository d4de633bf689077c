/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function unpauseContainers(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "unpause is not implemented");
}
