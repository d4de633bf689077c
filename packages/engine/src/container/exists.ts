/** Whether a container of that name or id is there. */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerContext } from "./context.ts";
import { namedContainer } from "./select.ts";

export function containerExists(
  ctx: Pick<ContainerContext, "store" | "processes">,
  nameOrId: string,
): boolean {
  try {
    namedContainer(ctx, nameOrId);
    return true;
  } catch (error) {
    if (isEngineError(error, "CONTAINER_NOT_FOUND")) return false;
    throw error;
  }
}
