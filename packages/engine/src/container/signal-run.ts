/** Sends a signal to a run: to its noted init, never to a pid that was given to another process since. */
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { placesOf } from "./places.ts";

export const SIGKILL = 9;

/** False when there is no process any more. */
export function signalRun(ctx: ContainerContext, record: ContainerRecord, signal: number): boolean {
  const { config, state } = record;
  if (state.run?.pid === undefined) return false;
  const sent = ctx.processes.kill(state.run.pid, signal);
  // Only the init of a pid namespace takes all others along.
  if (signal === SIGKILL && config.namespaces.pid.kind !== "private" && config.cgroups !== "disabled") {
    for (const pid of ctx.cgroups.processes(placesOf(ctx.settings, config).cgroup)) {
      const identity = ctx.processes.identify(pid);
      if (identity !== undefined) ctx.processes.kill(identity, SIGKILL);
    }
  }
  // v1: a frozen process dies only once it is thawed.
  if (signal === SIGKILL && state.run.paused === true) {
    ctx.cgroups.thaw(placesOf(ctx.settings, config).cgroup);
  }
  return sent;
}
