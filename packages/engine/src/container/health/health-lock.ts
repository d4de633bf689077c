/** The lock that checks of one container take turns by: those of the supervisor and those that a user runs. */

/** Held for the whole of a check, never together with the container's own. */
export function healthLock(id: string): string {
  return `health-${id}`;
}
