/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function wireFiles(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "files is not implemented");
}
