/** Results of health checks in Podman's JSON: for `inspect`, logs in files and events. */
import { rfc3339Nano } from "../../base/go-time.ts";
import type { InspectHealth, InspectHealthLog } from "@podwright/spec/libpod-api/inspect-container";
import type { HealthLogEntry, HealthState } from "../../ports/watch-states.ts";

/** Undefined: nothing was found yet. */
export function shownHealth(state: HealthState | undefined): InspectHealth {
  if (state === undefined) return { Status: "", FailingStreak: 0, Log: null };
  return {
    Status: state.status,
    FailingStreak: state.failingStreak,
    Log: state.log.length === 0 ? null : state.log.map(shownEntry),
  };
}

export function shownEntry({ start, end, exitCode, output }: HealthLogEntry): InspectHealthLog {
  return { Start: rfc3339Nano(start), End: rfc3339Nano(end), ExitCode: exitCode, Output: output };
}
