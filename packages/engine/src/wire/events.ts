/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function wireEvents(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "events is not implemented");
}
