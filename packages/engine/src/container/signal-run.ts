/** Sends a signal to a run: to its noted init, never to a pid that was given to another process since. */
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { placesOf } from "./places.ts";
import { processesOf } from "./processes-of.ts";

export const SIGKILL = 9;

/** False when there is no process any more. */
export function signalRun(ctx: ContainerContext, record: ContainerRecord, signal: number): boolean {
  const { config, state } = record;
  if (state.run?.pid === undefined) return false;
  const { cgroup } = placesOf(ctx.settings, config);
  // Only the init of a pid namespace takes all others along. Without a cgroup it is by the init that they are found.
  const alone = signal !== SIGKILL || config.namespaces.pid.kind === "private";
  const before = alone || config.cgroups !== "disabled" ? [] : processesOf(ctx, record, cgroup);
  const others = before.flatMap((pid) => ctx.processes.identify(pid) ?? []);
  const sent = ctx.processes.kill(state.run.pid, signal);
  for (const other of others) ctx.processes.kill(other, SIGKILL);
  if (signal !== SIGKILL || config.cgroups === "disabled") return sent;
  if (!alone) {
    for (const pid of ctx.cgroups.processes(cgroup)) {
      const identity = ctx.processes.identify(pid);
      if (identity !== undefined) ctx.processes.kill(identity, SIGKILL);
    }
  }
  // v1: a frozen process dies only once it is thawed, whoever has frozen it.
  if (ctx.cgroups.isFrozen(cgroup)) ctx.cgroups.thaw(cgroup);
  return sent;
}
