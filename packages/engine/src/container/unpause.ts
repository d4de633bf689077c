/** Lets the processes of paused containers go on. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { healContainer } from "./heal.ts";
import { isWatchedWhileRunning } from "./needs-supervisor.ts";
import { setNote } from "./pause.ts";
import { placesOf } from "./places.ts";
import { chooseContainers, oneByOne } from "./select.ts";

/** Of `all`, those that are paused. */
export async function unpauseContainers(ctx: ContainerContext, selection: Selection): Promise<Outcome[]> {
  const chosen = await chooseContainers(ctx, selection);
  const outcomes = await oneByOne(chosen, ({ id }) => unpauseContainer(ctx, id));
  if (!selection.all) return outcomes;
  return outcomes.filter(({ error }) => !isEngineError(error, "CONTAINER_STATE_IMPROPER"));
}

/** @throws CONTAINER_STATE_IMPROPER unless it is paused */
export async function unpauseContainer(ctx: ContainerContext, id: string): Promise<void> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const record = await healContainer(ctx, id);
  const status = record.config.infra ? "running" : statusOf(ctx, record);
  if (status !== "paused") {
    throw new EngineError(
      "CONTAINER_STATE_IMPROPER",
      `"${id}" is not paused, can't unpause: container state improper`,
      { details: { id, status } },
    );
  }
  ctx.cgroups.thaw(placesOf(ctx.settings, record.config).cgroup);
  setNote(ctx, id, false);
  ctx.events.write(containerEvent(record.config, "unpause"));
  if (isWatchedWhileRunning(record.config)) ctx.supervisor.wake();
}
