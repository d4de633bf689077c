/** Starts containers again whose policy asks for it, once their wait is over. */
import type { SuperviseContext } from "../context.ts";
import type { Watch, WatchMaker, World } from "../watch.ts";

export function watchRestarts(ctx: SuperviseContext): WatchMaker {
  return {
    watches(world: World, previous: ReadonlyMap<string, Watch>): ReadonlyMap<string, Watch> {
      const watches = new Map<string, Watch>();
      for (const { record } of world.containers) {
        const at = record.state.backOff?.restartAt;
        if (at === undefined || record.phase !== "ready") continue;
        const { id } = record.config;
        // Another time is another watch, whatever became of the one before.
        const key = `restart/${id}/${at}`;
        watches.set(key, previous.get(key) ?? restartOf(ctx, id, at));
      }
      return watches;
    },
  };
}

function restartOf(ctx: SuperviseContext, id: string, at: number): Watch {
  return {
    due: () => at,
    act: async () => {
      const container = await ctx.container();
      const { restartByPolicy } = await import("../../container/restart-by-policy.ts");
      await restartByPolicy(container, id);
    },
  };
}
