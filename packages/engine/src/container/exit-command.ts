/** What conmon runs once a container has ended. */
import { accessSync, constants } from "node:fs";
import type { Settings } from "../ports/settings.ts";
import { foregroundLock } from "./places.ts";

const FLOCK = "/usr/bin/flock";

/**
 * `flock -n` leaves at once when a foreground `run` holds the lock and cleans up itself: then not even the engine
 * is started. In the bundle, so that a removed container's lock is not made anew.
 */
export function exitCommand(settings: Settings, id: string): string[] {
  const cleanup = [...settings.self, "container", "cleanup", "--stopped-only", id];
  if (!isExecutable(FLOCK)) return cleanup;
  return [FLOCK, "-n", `${settings.runRoot}/containers/${foregroundLock(id)}`, ...cleanup];
}

/** What conmon runs once an exec session has ended that nobody waits for. */
export function sessionExitCommand(settings: Settings, id: string, session: string): string[] {
  return [...settings.self, "container", "cleanup", "--exec", session, id];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
