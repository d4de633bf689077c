/** The lock of a sandbox's bag of sockets: held while some are put in or taken out. Innermost of all locks. */
export function bagLock(owner: string): string {
  return `ports-${owner}`;
}
