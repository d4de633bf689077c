/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function clonePod(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "pod clone is not implemented");
}
