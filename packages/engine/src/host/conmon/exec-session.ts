/** An exec session that is attached to before its process starts, so that no output is lost. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync } from "node:fs";
import type { AttachedSession, MonitorLaunch } from "../../ports/monitor.ts";
import { attachTo } from "./attach.ts";
import { type ConmonPlace, goOn, pidOf, type SpawnedMonitor, spawnConmon } from "./spawn.ts";

export async function launchSession(place: ConmonPlace, launch: MonitorLaunch): Promise<AttachedSession> {
  const monitor = spawnConmon(place, launch, { waits: "twice" });
  try {
    const connection = await attachEarly(monitor, launch);
    try {
      pidOf(await monitor.sync.next(), launch);
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
    return { connection, exitCode: exitCode(monitor) };
  } catch (error) {
    monitor.sync[Symbol.dispose]();
    throw error;
  }
}

/** conmon waits for a byte before it does anything, and for another before it starts the process. */
async function attachEarly(monitor: SpawnedMonitor, launch: MonitorLaunch) {
  using ready = monitor.attach;
  try {
    goOn(monitor);
    if ((await ready.next()) === undefined) {
      pidOf(await monitor.sync.next(), launch);
      throw new EngineError("CONTAINER_MONITOR_FAILED", `conmon failed to start a session in ${launch.id}`);
    }
    const connection = await attachTo(launch.bundle);
    goOn(monitor);
    return connection;
  } finally {
    closeSync(monitor.start);
  }
}

/** conmon's second word on the sync pipe; undefined when it was killed before it could give it. */
async function exitCode(monitor: SpawnedMonitor): Promise<number | undefined> {
  using sync = monitor.sync;
  return (await sync.next())?.data;
}
