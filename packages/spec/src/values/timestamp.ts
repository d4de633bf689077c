/** Points in time as `--since`, `--until` and `until=` take them: a duration ago, RFC 3339 or a part of it, Unix seconds. */
import { parseDuration } from "./duration.ts";
import { invalidValue } from "./value-error.ts";

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2})(?::(\d{2})(?::(\d{2})([.,]\d{1,9})?)?)?)?(Z|[+-]\d{2}:\d{2})?$/i;

/** Milliseconds since 1970. A time without a zone is local. @throws VALUE_INVALID */
export function parseTimestamp(text: string, now: number): number {
  const parsed = durationAgo(text, now) ?? dateTime(text) ?? unixTime(text);
  if (parsed === undefined) {
    throw invalidValue(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  }
  return parsed;
}

function durationAgo(text: string, now: number): number | undefined {
  // A bare number is a time, not a duration; so is "0".
  if (!/^[+-]?[\d.]+[a-zµμ]/.test(text)) return undefined;
  return now - parseDuration(text);
}

function unixTime(text: string): number | undefined {
  const match = /^(-?\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * 1000 + Number(`0.${match[2] ?? "0"}`) * 1000;
}

function dateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", zone] = match;
  const fields = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = fields;
  const utc = Date.UTC(y, mo - 1, d, h, mi, s);
  const shown = new Date(utc);
  // Date.UTC rolls over: the 31st of April must not become the 1st of May.
  if (shown.getUTCMonth() !== mo - 1 || shown.getUTCDate() !== d || shown.getUTCHours() !== h)
    return undefined;
  if (mi > 59 || s > 59) return undefined;
  const whole = zone === undefined ? new Date(y, mo - 1, d, h, mi, s).getTime() : utc - zoneMs(zone);
  return whole + Number(fraction.replace(",", ".")) * 1000;
}

function zoneMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(":").map(Number);
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
