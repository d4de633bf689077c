/** Events of a run that is over: told by whoever notes the exit, and by nobody else. */
import type { ContainerConfig, ContainerState } from "../ports/container-record.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";

/** Call with the container's lock held. */
export function tellEnd(
  ctx: Pick<ContainerContext, "events" | "processes">,
  config: ContainerConfig,
  { run, exit }: ContainerState,
): void {
  // What a reboot ended ended with the log that had its beginning.
  if (run === undefined || exit === undefined || run.bootId !== ctx.processes.bootId) return;
  // Told here, not by who asked for it: so it stands before the end, and once however many have asked.
  if (run.stopRequested || run.endedFor !== undefined) ctx.events.write(containerEvent(config, "stop"));
  const { exitCode, oomKilled } = exit;
  ctx.events.write(containerEvent(config, "died", { exitCode, ...(oomKilled ? { oomKilled } : {}) }));
}
