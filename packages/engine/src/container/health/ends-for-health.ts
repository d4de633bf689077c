/** Why a health check ends a run so that it is started again (ContainerRun.endedFor): a person reads it, too. */

const UNHEALTHY = "unhealthy";
const NOT_STARTED_UP = "start-up health check failed";

export function endForHealth(wasStartup: boolean): string {
  return wasStartup ? NOT_STARTED_UP : UNHEALTHY;
}

export function isEndForHealth(endedFor: string): boolean {
  return endedFor === UNHEALTHY || endedFor === NOT_STARTED_UP;
}
