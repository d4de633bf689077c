/** `until=` of filters: a Unix time, an RFC 3339 date or a part of one, or a duration before now. */
import { EngineError } from "@podwright/spec/errors/engine-error";

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds since 1970. @throws CLI_USAGE */
export function parsePointInTime(text: string, now: number): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const duration = parseDuration(text);
  if (duration !== undefined) return now - duration;
  // A date without a zone is the local one, as in Docker.
  const hasTime = /T/.test(text);
  const local = hasTime || /Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}T00:00:00`;
  const date = Date.parse(local);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(date)) return date;
  throw new EngineError("CLI_USAGE", `failed to parse time ${JSON.stringify(text)}`);
}

/** Go's notation: "1h30m". */
function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (UNITS[unit ?? ""] ?? 0);
  }
  return total;
}
