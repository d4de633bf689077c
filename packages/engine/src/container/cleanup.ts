/** `container cleanup`: the exit command. Finishes runs that are over. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { CleanupOptions, Selection } from "@podwright/spec/engine-api/containers";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { finishRun } from "./finish.ts";
import { hasProcess } from "./lifecycle.ts";
import { removeContainer } from "./remove.ts";
import { refusesCleanup } from "./stop.ts";
import { chooseContainers, oneByOne } from "./select.ts";

export async function cleanupContainers(
  ctx: ContainerContext,
  selection: Selection,
  options: CleanupOptions,
): Promise<Outcome[]> {
  const { exec } = options;
  const chosen = await chooseContainers(ctx, selection, {
    ignoreMissing: options.stoppedOnly || exec !== undefined,
  });
  return oneByOne(chosen, async ({ id }) => {
    if (exec !== undefined) {
      const { cleanUpSession } = await import("./end-session.ts");
      return cleanUpSession(ctx, id, exec);
    }
    const record = ctx.store.containers.get(id);
    if (record !== undefined && !record.config.infra && hasProcess(statusOf(ctx, record))) {
      if (options.stoppedOnly || selection.all) return;
      throw refusesCleanup(id);
    }
    await finishRun(ctx, id);
    if (!options.remove) return;
    await removeContainer(ctx, id, { force: false, ignore: true, volumes: true, depend: false });
  });
}
