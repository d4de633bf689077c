/** Restarts containers: those that run are stopped first. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection, StopOptions } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { chooseContainers, fewAtOnce } from "./select.ts";
import { startContainer } from "./start.ts";
import { stopContainer } from "./stop.ts";

export async function restartContainers(
  ctx: ContainerContext,
  selection: Selection,
  options: StopOptions & { readonly runningOnly: boolean },
): Promise<Outcome[]> {
  const all = options.runningOnly && selection.names.length === 0;
  const chosen = await chooseContainers(ctx, all ? { ...selection, all } : selection, {
    ignoreMissing: options.ignore,
  });
  const wanted = options.runningOnly ? chosen.filter(({ id }) => runs(ctx, id)) : chosen;
  return fewAtOnce(wanted, ({ id }) => restartContainer(ctx, id, options));
}

export async function restartContainer(
  ctx: ContainerContext,
  id: string,
  options: { readonly timeout?: number },
): Promise<void> {
  const record = ctx.store.containers.get(id);
  if (record !== undefined && !record.config.infra) {
    if (statusOf(ctx, record) === "paused") {
      throw new EngineError(
        "CONTAINER_STATE_IMPROPER",
        "unable to restart a container in a paused or unknown state: container state improper",
        { details: { id } },
      );
    }
    ctx.events.write(containerEvent(record.config, "restart"));
    try {
      await stopContainer(ctx, id, options);
    } catch (error) {
      // Stopped, with its exit code lost: nobody asks for it here.
      if (!isEngineError(error, "CONTAINER_MONITOR_FAILED")) throw error;
    }
  }
  await startContainer(ctx, id);
}

function runs(ctx: ContainerContext, id: string): boolean {
  const record = ctx.store.containers.get(id);
  return record !== undefined && !record.config.infra && statusOf(ctx, record) === "running";
}
