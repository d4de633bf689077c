/** `system supervise` wired: the makers of watches, and what they and the loop stand on. */
import { once } from "../base/once.ts";
import { statusNow } from "../container/status-now.ts";
import { ConmonMonitor } from "../host/conmon/conmon.ts";
import { releaseProgramPages } from "../host/sys/memory.ts";
import { limitLog } from "../host/supervisor/limit-log.ts";
import { LockSeat } from "../host/supervisor/lock-seat.ts";
import type { SuperviseContext } from "../supervise/context.ts";
import { logRotation } from "../supervise/log-rotation/log-rotation.ts";
import { supervise } from "../supervise/supervise.ts";
import { SupervisorLoop } from "../supervise/supervisor.ts";
import type { WatchMaker } from "../supervise/watch.ts";
import { worldReader } from "../supervise/world.ts";
import type { Core } from "./core.ts";
import { viewContext } from "./views.ts";
import type { Wiring } from "./wiring.ts";

/** One line for each kind of watching. */
const MAKERS: readonly ((ctx: SuperviseContext, core: Core) => Promise<WatchMaker>)[] = [
  async (ctx) => (await import("../supervise/ends/ends.ts")).watchEnds(ctx),
  async (ctx) => (await import("../supervise/health/health-watches.ts")).watchHealth(ctx),
  async (ctx) => (await import("../supervise/probes/probe-watches.ts")).probeWatches(ctx),
  async (ctx) => (await import("../supervise/restarts/restarts.ts")).watchRestarts(ctx),
  async (ctx, { store }) =>
    (await import("../supervise/jobs/job-watches.ts")).jobWatches({ ...ctx, jobs: store.jobs }),
  async (ctx) => (await import("../supervise/jobs/pod-deadlines.ts")).deadlineWatches(ctx),
];

export async function superviseEngine(core: Core, wiring: Wiring, signal: AbortSignal): Promise<void> {
  await core.ready();
  const { clock, log, store, settings, watchStates } = core;
  const ctx: SuperviseContext = {
    clock,
    log,
    watchStates,
    settings,
    container: once(async () => {
      const { containerContext } = await import("./container-verbs.ts");
      return containerContext(core, wiring, await wiring.containers());
    }),
    pod: once(async () => (await import("./pods.ts")).podContext(core, wiring)),
  };
  const views = viewContext(core);
  const directory = `${settings.runRoot}/supervisor`;
  const seat = new LockSeat({
    directory,
    exits: `${settings.runRoot}/exits`,
    store: `${settings.root}/state.db`,
  });
  const loop = new SupervisorLoop({
    clock,
    log,
    timers: {
      after: (milliseconds, callBack) => {
        const timer = setTimeout(callBack, milliseconds);
        return () => clearTimeout(timer);
      },
    },
    readWorld: worldReader({ store, status: (record, pod) => statusNow(views, record, pod).status }),
    makers: [...(await Promise.all(MAKERS.map((make) => make(ctx, core)))), logRotationOf(core)],
    rest: () => {
      Bun.gc(true);
      releaseProgramPages();
    },
    inPlace: () => {
      limitLog(directory);
      return seat.isHeld();
    },
  });
  surviveMistakes(core);
  await supervise(seat, loop, signal);
}

/** Needs so little that it stands on nothing that the others do. */
function logRotationOf({ settings, processes, locks, clock, log }: Core): WatchMaker {
  // It launches nothing, so it needs no path.
  const monitor = new ConmonMonitor({ path: "", runRoot: settings.runRoot, env: {}, processes });
  return logRotation({ settings, processes, locks, monitor, clock, log });
}

/** What nobody caught ends a command; here it would end the watching over everything else. */
function surviveMistakes({ log }: Core): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.error(`supervisor: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    });
  }
  // Of a terminal that is closed: it is not ours.
  process.on("SIGHUP", () => undefined);
}
