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

const UNITS: readonly (readonly [name: string, nanoseconds: number])[] = [
  ["ns", 1],
  ["µs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
];

/** Nanoseconds as Go prints them: "0s", "1.5µs", "39.7ms", "1m3.25s", "2h0m0s". */
export function goDuration(nanoseconds: number): string {
  const size = Math.abs(Math.round(nanoseconds));
  const sign = nanoseconds < 0 && size > 0 ? "-" : "";
  if (size === 0) return "0s";
  if (size < 1e9) {
    const [name, unit] = UNITS.findLast(([, least]) => size >= least) ?? ["ns", 1];
    return `${sign}${size / unit}${name}`;
  }
  const whole = Math.floor(size / 1e9);
  const fraction = String(size - whole * 1e9)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${whole % 60}${fraction === "" ? "" : `.${fraction}`}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${sign}${seconds}`;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours === 0 ? "" : `${hours}h`}${minutes % 60}m${seconds}`;
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
