/** Starts conmon, which has the runtime create the container, and waits for its word that it has. */
import { closeSync, writeFileSync } from "node:fs";
import type { MonitorHandle, MonitorLaunch, PreparedMonitor } from "../../ports/monitor.ts";
import { closeUnused, type ConmonPlace, goOn, pidOf, type SpawnedMonitor, spawnConmon } from "./spawn.ts";

const SIGKILL = 9;

export async function launchConmon(place: ConmonPlace, launch: MonitorLaunch): Promise<MonitorHandle> {
  const monitor = spawnConmon(place, launch, { waits: "never" });
  closeUnused(monitor);
  return await created(place, launch, monitor);
}

/** It links and reads its arguments, which takes five milliseconds, and waits for a byte of ours. */
export function prepareConmon(place: ConmonPlace, launch: MonitorLaunch): PreparedMonitor {
  const monitor = spawnConmon(place, launch, { waits: "once" });
  monitor.attach[Symbol.dispose]();
  let told = false;
  return {
    create: () => {
      told = true;
      goOn(monitor);
      closeSync(monitor.start);
      return created(place, launch, monitor);
    },
    [Symbol.dispose]: () => {
      if (told) return;
      told = true;
      // Before the end of its pipe, which it would take for our word.
      if (monitor.identity !== undefined) place.processes.kill(monitor.identity, SIGKILL);
      monitor.sync[Symbol.dispose]();
      closeSync(monitor.start);
    },
  };
}

async function created(
  place: ConmonPlace,
  launch: MonitorLaunch,
  monitor: SpawnedMonitor,
): Promise<MonitorHandle> {
  using sync = monitor.sync;
  const pid = pidOf(await sync.next(), launch);
  if (launch.conmonPidFile) writeFileSync(launch.conmonPidFile, String(monitor.pid));
  return { pid: place.processes.identify(pid), monitor: monitor.identity };
}
