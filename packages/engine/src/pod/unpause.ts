/** Not there yet. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export function unpausePods(..._args: readonly unknown[]): never {
  throw new EngineError("NOT_IMPLEMENTED", "pod unpause is not implemented");
}
