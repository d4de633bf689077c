/** Not there yet. */
import type { DiskUsage } from "@podwright/spec/engine-api/usage";
import { EngineError } from "@podwright/spec/errors/engine-error";

export function wireDisk(..._args: readonly unknown[]): Promise<DiskUsage> {
  throw new EngineError("NOT_IMPLEMENTED", "system df is not implemented");
}
