/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function wireUsage(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "usage is not implemented");
}
