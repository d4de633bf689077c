/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function waitForPods(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "pod wait is not implemented");
}
