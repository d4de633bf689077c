/** Which containers need somebody to be awake for them. */
import type { ContainerConfig } from "../ports/container-record.ts";

/** While it runs: a start of it wakes the supervisor. */
export function isWatchedWhileRunning({ health, probes, log }: ContainerConfig): boolean {
  const checked = health !== undefined && health !== "none" && health.test[0] !== "NONE";
  const probed = probes !== undefined && Object.keys(probes).length > 0;
  return checked || probed || (log.maxSize > 0 && (log.maxFiles ?? 1) > 1);
}

/** Once it has ended by itself: its exit may have to be answered by a start. A run alone needs nobody for that. */
export function isRestarted({ restart }: ContainerConfig): boolean {
  return restart !== undefined && restart.name !== "no";
}
