/** Times as Go prints them: what Podman's JSON and templates show. */

/** Go's zero time, for "never". */
export const ZERO_TIME = "0001-01-01T00:00:00Z";

/** Unix seconds of Go's zero time: `ps` has them for a container that never started. */
export const ZERO_TIME_UNIX = -62_135_596_800;

/** RFC 3339 in the local zone, fraction without trailing zeros; 0 is Go's zero time. */
export function rfc3339Nano(ms: number): string {
  if (ms === 0) return ZERO_TIME;
  const parts = localParts(ms);
  const zone =
    parts.offset === 0 ? "Z" : `${sign(parts.offset)}${hours(parts.offset)}:${minutes(parts.offset)}`;
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
  /** Minutes east of UTC. */
  readonly offset: number;
}

function localParts(ms: number): LocalParts {
  const at = new Date(ms);
  const offset = -at.getTimezoneOffset();
  // Shifting by the offset lets the UTC form give local digits.
  const iso = new Date(ms + offset * 60_000).toISOString();
  const fraction = iso.slice(20, 23).replace(/0+$/, "");
  return {
    date: iso.slice(0, 10),
    time: fraction === "" ? iso.slice(11, 19) : `${iso.slice(11, 19)}.${fraction}`,
    offset,
  };
}

function sign(offset: number): string {
  return offset < 0 ? "-" : "+";
}

function hours(offset: number): string {
  return String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
}

function minutes(offset: number): string {
  return String(Math.abs(offset) % 60).padStart(2, "0");
}
