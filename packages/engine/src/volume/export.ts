/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function exportVolume(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "volume export is not implemented");
}
