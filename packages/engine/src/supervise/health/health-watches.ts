/** Whose health the supervisor watches: of the containers that run, those with a check that comes by itself. */
import type { ContainerContext } from "../../container/context.ts";
import { isCheckUnderWay } from "../../container/health/exec-check.ts";
import { checkOf, healthNow } from "../../container/health/health-now.ts";
import { runCheck } from "../../container/health/run-check.ts";
import { isCheckedByItself } from "../../container/needs-supervisor.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { Watch, WatchMaker, World } from "../watch.ts";
import { type HealthSources, HealthWatch, type SeenRun } from "./health-watch.ts";

type Places = Pick<ContainerContext, "watchStates" | "settings"> & {
  readonly processes: { readonly bootId: string };
};

export function healthWatches(ctx: ContainerContext): WatchMaker {
  return new HealthWatches(ctx, {
    clock: ctx.clock,
    log: ctx.log,
    runCheck: (id, signal) => runCheck(ctx, id, { signal }),
  });
}

export class HealthWatches implements WatchMaker {
  readonly #places: Places;
  readonly #sources: HealthSources;

  constructor(places: Places, sources: HealthSources) {
    this.#places = places;
    this.#sources = sources;
  }

  watches(world: World, previous: ReadonlyMap<string, Watch>): ReadonlyMap<string, Watch> {
    const watches = new Map<string, Watch>();
    for (const { record, status } of world.containers) {
      if (status !== "running" && status !== "paused") continue;
      const key = keyOf(record);
      if (key === undefined) continue;
      const watch = previous.get(key);
      const seen = this.#see(record, status === "paused");
      if (seen === undefined) continue;
      if (watch instanceof HealthWatch) watch.look(seen);
      watches.set(key, watch ?? new HealthWatch(this.#sources, seen));
    }
    return watches;
  }

  #see(record: ContainerRecord, isPaused: boolean): SeenRun | undefined {
    const check = checkOf(record);
    const state = healthNow(this.#places, record);
    if (check === undefined || state === undefined || !isCheckedByItself(check)) return undefined;
    const interrupted = isCheckUnderWay(this.#places, record);
    return { id: record.config.id, check, isPaused, state, interrupted };
  }
}

/** With the run in it: one that was restarted is watched anew. */
function keyOf({ config, state: { run } }: ContainerRecord): string | undefined {
  return run?.pid === undefined || run.startedAt === 0
    ? undefined
    : `health ${config.id} ${run.pid.startTime}`;
}
