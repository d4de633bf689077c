/** Who is at work on an object whose phase is not `ready`. */
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";

export function ownerLives(
  ctx: Pick<ContainerContext, "processes">,
  { owner }: Pick<ContainerRecord, "owner">,
): boolean {
  return owner !== undefined && ctx.processes.isAlive(owner);
}

/** This process makes it: `run`, between its creation and its start. */
export function isOurs(
  ctx: Pick<ContainerContext, "processes">,
  record: Pick<ContainerRecord, "owner">,
): boolean {
  return record.owner?.pid === process.pid && ownerLives(ctx, record);
}
