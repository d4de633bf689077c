/** The end of an exec session: told once, and nothing of it is left. */
import { readFileSync, renameSync, rmSync } from "node:fs";
import type { ContainerConfig } from "../ports/container-record.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { UNKNOWN_EXIT } from "./lifecycle.ts";
import { placesOf } from "./places.ts";

export interface EndedSession {
  readonly id: string;
  readonly directory: string;
  /** Absent: as its monitor has noted it. */
  readonly exitCode?: number;
}

/** Safe by anybody, at any moment after the end: whoever takes the directory away tells of it. */
export function endSession(
  ctx: Pick<ContainerContext, "events">,
  config: ContainerConfig,
  { id, directory, exitCode = recordedExit(directory, config.id) }: EndedSession,
): void {
  const taken = `${directory}.ended`;
  try {
    renameSync(directory, taken);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  const attributes = { ...config.labels, execID: id };
  ctx.events.write({ ...containerEvent(config, "exec_died", { exitCode }), attributes });
  rmSync(taken, { recursive: true, force: true });
}

/** The exit command of a session that runs by itself. A container that is gone has taken its sessions along. */
export function cleanUpSession(
  ctx: Pick<ContainerContext, "events" | "settings" | "store">,
  containerId: string,
  id: string,
): void {
  const record = ctx.store.containers.get(containerId);
  if (record === undefined || !/^[0-9a-f]{64}$/.test(id)) return;
  const { bundle } = placesOf(ctx.settings, record.config);
  endSession(ctx, record.config, { id, directory: `${bundle}/exec/${id}` });
}

/** The monitor's record bears the container's id. */
function recordedExit(directory: string, containerId: string): number {
  try {
    return Number.parseInt(readFileSync(`${directory}/${containerId}`, "utf8"), 10);
  } catch {
    return UNKNOWN_EXIT;
  }
}
