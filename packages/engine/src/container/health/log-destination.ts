/** Where results of health checks go beside the run: a directory of the user's, or the log of events. */
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import { renameSync, writeFileSync } from "node:fs";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { HealthState } from "../../ports/watch-states.ts";
import type { ContainerContext } from "../context.ts";
import { shownHealth } from "./shown-health.ts";

export function logsToEvents({ logDestination }: HealthRequest): boolean {
  return logDestination === "events_logger";
}

/** The name is Podman's; the file stays when the container goes. */
export function healthLogFile(directory: string, id: string): string {
  return `${directory}/${id}-healthcheck.log`;
}

/** A directory that is gone or full changes nothing of what the check has found. */
export function writeHealthLog(
  { log }: Pick<ContainerContext, "log">,
  { id, health }: ContainerConfig,
  state: HealthState,
): void {
  const destination = health === undefined || health === "none" ? undefined : health.logDestination;
  if (destination === undefined || destination === "local" || destination === "events_logger") return;
  const path = healthLogFile(destination, id);
  try {
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(shownHealth(state)), { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(`unable to update health check log ${path} for ${id}: ${reason}`);
  }
}
