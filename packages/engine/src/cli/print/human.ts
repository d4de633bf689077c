/** Sizes and times in words, as go-units writes them for Podman. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

/** Decimal units, three significant digits: "8.52 MB"; an empty separator gives ps's "8.52MB". */
export function humanSize(bytes: number, separator = " ", digits = 3): string {
  let value = bytes;
  let unit = 0;
  // With three digits 999.5 would be rounded to 1000: the next unit says it better.
  const limit = 1000 - 0.5 * 10 ** (3 - digits);
  while (Math.abs(value) >= limit && unit < UNITS.length - 1 && !(unit === 0 && Math.abs(value) < 1000)) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(digits))}${separator}${UNITS[unit] ?? ""}`;
}

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/** Binary units, four significant digits: "540.2KiB". */
export function binarySize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${BINARY_UNITS[unit] ?? ""}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** "About a minute", "5 minutes", "3 weeks". */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(ms / MINUTE);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(ms / HOUR + 0.5);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(ms / HOUR / 24 / 365)} years`;
}

/** "5 minutes ago". */
export function humanAgo(thenMs: number, nowMs: number): string {
  return `${humanDuration(nowMs - thenMs)} ago`;
}
