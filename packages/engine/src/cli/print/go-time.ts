/** A moment as Go shows it: `2026-11-22 14:15:09.123456789 +0000 UTC` in templates, RFC 3339 in JSON. */
import { localZoneAt } from "../../base/local-time/local-zone.ts";
import { numericZone } from "../../base/local-time/numeric-zone.ts";
import { rfc3339Nano, ZERO_TIME } from "../../base/go-time.ts";

const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export class GoTime {
  /** RFC 3339 with up to nine decimals, as JSON has it. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static fromDate(date: Date): GoTime {
    return new GoTime(rfc3339Nano(date.getTime()));
  }

  static parse(text: string): GoTime | undefined {
    return RFC3339.test(text) ? new GoTime(text) : undefined;
  }

  /** Milliseconds since 1970. */
  get ms(): number {
    return Date.parse(this.text);
  }

  get isZero(): boolean {
    return this.ms === Date.parse(ZERO_TIME);
  }

  toString(): string {
    const [, day = "", time = "", fraction = "", zone = "Z"] = RFC3339.exec(this.text) ?? [];
    const decimals = fraction.replace(/\.?0+$/, "");
    const offset = zone === "Z" ? "+0000" : zone.replace(":", "");
    return `${day} ${time}${decimals} ${offset} ${zoneName(this.ms, offset)}`;
  }

  toJSON(): string {
    return this.text;
  }
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * Go's time.ANSIC, in UTC: `Sun Nov 22 14:15:09 2026`. Not in local time, whose first use loads the zones (7 ms), and
 * not by Intl (12 ms).
 */
export function ansicUtc(date: Date): string {
  const pad = (n: number): string => String(n).padStart(2, "0");
  const clock = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  const day = String(date.getUTCDate()).padStart(2, " ");
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()}`;
}

/** The local zone's abbreviation where the offset is the local one, else the offset, as Go does. */
function zoneName(ms: number, offset: string): string {
  if (offset === "+0000") return "UTC";
  const local = localZoneAt(ms);
  return numericZone(local.offset).replace(":", "") === offset && local.name !== "" ? local.name : offset;
}
