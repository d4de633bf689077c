/** Which containers need somebody to be awake for them. */
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import type { ContainerConfig } from "../ports/container-record.ts";

/** While it runs: a start of it wakes the supervisor. */
export function isWatchedWhileRunning({ health, probes, log }: ContainerConfig): boolean {
  const checked = health !== undefined && health !== "none" && isCheckedByItself(health);
  const probed = probes !== undefined && Object.keys(probes).length > 0;
  return checked || probed || (log.maxSize > 0 && (log.maxFiles ?? 1) > 1);
}

/** An interval of 0 leaves the checks to `healthcheck run`. */
export function isCheckedByItself({ test, interval, startup }: HealthRequest): boolean {
  return test[0] !== "NONE" && interval > 0 && startup?.interval !== 0;
}

/** Once it has ended by itself: its exit may have to be answered by a start. A run alone needs nobody for that. */
export function isRestarted({ restart }: ContainerConfig): boolean {
  return restart !== undefined && restart.name !== "no";
}
