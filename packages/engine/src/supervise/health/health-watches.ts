/** Whose health the supervisor watches: of the containers that run, those with a check that comes by itself. */
import { isCheckUnderWay } from "../../container/health/exec-check.ts";
import { checkOf, healthOfRun } from "../../container/health/health-now.ts";
import { isCheckedByItself } from "../../container/needs-supervisor.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { Settings } from "../../ports/settings.ts";
import type { WatchStates } from "../../ports/watch-states.ts";
import type { SuperviseContext } from "../context.ts";
import type { Watch, WatchMaker, World } from "../watch.ts";
import { type HealthSources, HealthWatch, type SeenRun } from "./health-watch.ts";

interface HealthPlaces {
  readonly watchStates: Pick<WatchStates, "read">;
  readonly settings: Settings;
}

export function watchHealth(ctx: SuperviseContext): WatchMaker {
  return new HealthWatches(ctx, {
    clock: ctx.clock,
    log: ctx.log,
    runCheck: async (id, signal) => {
      const { runCheck } = await import("../../container/health/run-check.ts");
      return runCheck(await ctx.container(), id, { signal });
    },
  });
}

export class HealthWatches implements WatchMaker {
  readonly #places: HealthPlaces;
  readonly #sources: HealthSources;

  constructor(places: HealthPlaces, sources: HealthSources) {
    this.#places = places;
    this.#sources = sources;
  }

  watches(world: World, previous: ReadonlyMap<string, Watch>): ReadonlyMap<string, Watch> {
    const watches = new Map<string, Watch>();
    for (const { record, status } of world.containers) {
      if (status !== "running" && status !== "paused") continue;
      const key = keyOf(record);
      const seen = this.#see(record, status === "paused");
      if (key === undefined || seen === undefined) continue;
      const watch = previous.get(key);
      if (watch instanceof HealthWatch) watch.look(seen);
      watches.set(key, watch ?? new HealthWatch(this.#sources, seen));
    }
    return watches;
  }

  #see(record: ContainerRecord, isPaused: boolean): SeenRun | undefined {
    const check = checkOf(record);
    if (check === undefined || !isCheckedByItself(check)) return undefined;
    const known = () => ({
      state: healthOfRun(this.#places, record, check),
      interrupted: isCheckUnderWay(this.#places, record),
    });
    return { id: record.config.id, check, isPaused, known };
  }
}

/** With the run in it: one that was restarted is watched anew. */
function keyOf({ config, state: { run } }: ContainerRecord): string | undefined {
  if (run?.pid === undefined || run.startedAt === 0) return undefined;
  return `health/${config.id}/${run.pid.startTime}`;
}
