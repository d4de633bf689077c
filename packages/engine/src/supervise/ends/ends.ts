/** Finishes runs that are over and that nobody has noted: their monitor was killed, or its exit command was. */
import { isRestarted, isWatchedWhileRunning } from "../../container/needs-supervisor.ts";
import type { SuperviseContext } from "../context.ts";
import type { Watch, WatchMaker, World } from "../watch.ts";

/** Milliseconds that the exit command gets to do it: it is on its way. */
const PATIENCE = 2000;

export function watchEnds(ctx: SuperviseContext): WatchMaker {
  return {
    watches(world: World, previous: ReadonlyMap<string, Watch>): ReadonlyMap<string, Watch> {
      const watches = new Map<string, Watch>();
      for (const { record, status } of world.containers) {
        if (status !== "stopped" || record.config.infra) continue;
        if (!isWatchedWhileRunning(record.config) && !isRestarted(record.config)) continue;
        const { id } = record.config;
        const key = `end/${id}/${record.state.run?.startedAt ?? 0}`;
        watches.set(key, previous.get(key) ?? endOf(ctx, id));
      }
      return watches;
    },
  };
}

function endOf(ctx: SuperviseContext, id: string): Watch {
  const due = ctx.clock.now() + PATIENCE;
  return {
    due: () => due,
    act: async () => {
      const container = await ctx.container();
      const { finishUnattended } = await import("../../container/heal.ts");
      await finishUnattended(container, id);
    },
  };
}
