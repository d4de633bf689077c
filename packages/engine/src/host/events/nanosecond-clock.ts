/** The time in nanoseconds, never twice the same and never earlier than before within this process. */

const PER_MILLISECOND = 1_000_000;
/** Milliseconds by which the two clocks may differ: more, and the host's clock was set since the process began. */
const TOLERANCE = 2;

let last = 0n;

export function nanosecondsNow(): bigint {
  const now = wallClock();
  last = now > last ? now : last + 1n;
  return last;
}

/** Date.now() has milliseconds alone; the monotonic clock has the rest, but knows only when the process began. */
function wallClock(): bigint {
  const origin = Math.floor(performance.timeOrigin);
  const since = performance.timeOrigin - origin + performance.now();
  const coarse = Date.now();
  if (Math.abs(origin + since - coarse) > TOLERANCE) return BigInt(coarse) * BigInt(PER_MILLISECOND);
  return BigInt(origin) * BigInt(PER_MILLISECOND) + BigInt(Math.round(since * PER_MILLISECOND));
}
