/** Starts conmon, which has the runtime create the container, and waits for its word that it has. */
import { writeFileSync } from "node:fs";
import type { MonitorHandle, MonitorLaunch } from "../../ports/monitor.ts";
import { closeUnused, type ConmonPlace, pidOf, spawnConmon } from "./spawn.ts";

export async function launchConmon(place: ConmonPlace, launch: MonitorLaunch): Promise<MonitorHandle> {
  const monitor = spawnConmon(place, launch, { attached: false });
  using sync = monitor.sync;
  closeUnused(monitor);
  const pid = pidOf(await sync.next(), launch);
  if (launch.conmonPidFile) writeFileSync(launch.conmonPidFile, String(monitor.pid));
  return { pid: place.processes.identify(pid), monitor: monitor.identity };
}
