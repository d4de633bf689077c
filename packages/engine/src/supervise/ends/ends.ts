/** Finishes what others were killed over: runs that are over and that nobody has noted, starts by a policy half-way. */
import { isRestarted, isWatchedWhileRunning } from "../../container/needs-supervisor.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { SuperviseContext } from "../context.ts";
import type { Watch, WatchMaker, World } from "../watch.ts";

/** Milliseconds that the exit command gets to do it: it is on its way. */
const PATIENCE = 2000;

export function watchEnds(ctx: SuperviseContext): WatchMaker {
  return {
    watches(world: World, previous: ReadonlyMap<string, Watch>): ReadonlyMap<string, Watch> {
      const watches = new Map<string, Watch>();
      const ofJobs = new Set(
        world.pods.flatMap(({ config: { id, job } }) => (job === undefined ? [] : [id])),
      );
      for (const { record, status } of world.containers) {
        const { config, state, phase } = record;
        // A Job waits for the ends of its pods, and starts them.
        const ofJob = ofJobs.has(config.podId);
        if (config.infra || (!ofJob && !isWatchedWhileRunning(config) && !isRestarted(config))) continue;
        const key = `end/${config.id}/${state.run?.startedAt ?? 0}`;
        if (phase === "ready" && status === "stopped") {
          watches.set(key, previous.get(key) ?? endOf(ctx, config.id));
        }
        if (phase === "starting" && (ofJob || state.backOff !== undefined)) {
          watches.set(key, previous.get(key) ?? abandonedStart(ctx, record));
        }
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

/** While its starter lives it is looked at again and again, for nobody tells of that one's end. */
function abandonedStart(ctx: SuperviseContext, { config: { id }, owner }: ContainerRecord): Watch {
  let due = ctx.clock.now();
  return {
    due: () => due,
    act: async () => {
      due = ctx.clock.now() + PATIENCE;
      const container = await ctx.container();
      if (owner !== undefined && container.processes.isAlive(owner)) return;
      const { healAbandoned } = await import("../../container/heal.ts");
      await healAbandoned(container, id);
    },
  };
}
