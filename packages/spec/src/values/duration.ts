/** Durations as Go writes them: `1h30m`, `500ms`, `0`. */
import { invalidValue } from "./value-error.ts";

const MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds. @throws VALUE_INVALID */
export function parseDuration(text: string): number {
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
  let total = 0;
  let end = 0;
  for (let match = part.exec(rest); match !== null; match = part.exec(rest)) {
    total += Number(match[1]) * (MS[match[2] ?? ""] ?? 0);
    end = part.lastIndex;
  }
  if (rest === "" || end !== rest.length) throw invalidDuration(text, rest.slice(end));
  return sign === "-" ? -total : total;
}

/** As Go prints it: `1m30s`, `500ms`, `1h0m0s`. */
export function goDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 0) return `-${goDuration(-ms)}`;
  // Through text: 1.1 ms are 1100 µs, not 1100.0000000000002.
  if (ms < 1000) return shortDuration(ms);
  const seconds = Number(((ms % 60_000) / 1000).toFixed(9));
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m${seconds}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

function shortDuration(ms: number): string {
  const nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds < 1000) return `${nanoseconds}ns`;
  return nanoseconds < 1e6 ? `${nanoseconds / 1000}µs` : `${nanoseconds / 1e6}ms`;
}

function invalidDuration(text: string, rest: string): Error {
  const quoted = JSON.stringify(text);
  if (/^(\d+\.?\d*|\.\d+)$/.test(rest)) return invalidValue(`time: missing unit in duration ${quoted}`);
  const unit = /^(?:\d+\.?\d*|\.\d+)([^\d.]+)/.exec(rest)?.[1];
  if (unit !== undefined) {
    return invalidValue(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
  }
  return invalidValue(`time: invalid duration ${quoted}`);
}
