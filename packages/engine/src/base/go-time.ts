/** Times as Go prints them: what Podman's JSON and templates show. */
import { localZoneAt } from "./local-time/local-zone.ts";
import { numericZone } from "./local-time/numeric-zone.ts";

/** Go's zero time, for "never". */
export const ZERO_TIME = "0001-01-01T00:00:00Z";

/** Unix seconds of Go's zero time: `ps` has them for a container that never started. */
export const ZERO_TIME_UNIX = -62_135_596_800;

/** RFC 3339 in the local zone, fraction without trailing zeros; 0 is Go's zero time. */
export function rfc3339Nano(ms: number): string {
  if (ms === 0) return ZERO_TIME;
  const parts = localParts(ms);
  const zone = parts.offset === 0 ? "Z" : numericZone(parts.offset);
  return `${parts.date}T${parts.time}${zone}`;
}

/** A time as Go writes it again after reading it: no zeros at the fraction's end. */
export function withoutTrailingZeros(rfc3339: string): string {
  return rfc3339.replace(/\.(\d*?)0*(Z|[+-]\d\d:\d\d)$/, (_, digits: string, zone: string) =>
    digits === "" ? zone : `.${digits}${zone}`,
  );
}

/** Whole seconds since 1970; Go's zero time for 0. */
export function unixSeconds(ms: number): number {
  return ms === 0 ? ZERO_TIME_UNIX : Math.floor(ms / 1000);
}

interface LocalParts {
  readonly date: string;
  readonly time: string;
  /** Seconds east of UTC. */
  readonly offset: number;
}

function localParts(ms: number): LocalParts {
  const { offset } = localZoneAt(ms);
  // Shifting by the offset lets the UTC form give local digits.
  const iso = new Date(ms + offset * 1000).toISOString();
  const fraction = iso.slice(20, 23).replace(/0+$/, "");
  return {
    date: iso.slice(0, 10),
    time: fraction === "" ? iso.slice(11, 19) : `${iso.slice(11, 19)}.${fraction}`,
    offset,
  };
}
