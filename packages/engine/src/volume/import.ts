/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function importVolume(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "volume import is not implemented");
}
