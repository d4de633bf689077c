/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function updatePod(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "pod update is not implemented");
}
