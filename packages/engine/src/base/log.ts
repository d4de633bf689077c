/** The log of `--log-level`: lines on stderr. */
import { localZoneAt } from "./local-time/local-zone.ts";
import { numericZone } from "./local-time/numeric-zone.ts";

/** Levels of `--log-level`, least to most severe (podman.md §2, global flags). */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "panic"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes to stderr in the form that Podman's users know: `time="…" level=… msg="…"`. */
export interface Log {
  readonly level: LogLevel;
  enabled(level: LogLevel): boolean;
  write(level: LogLevel, message: string): void;
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export function createLog(level: LogLevel, sink: (line: string) => void): Log {
  const threshold = LOG_LEVELS.indexOf(level);
  const enabled = (l: LogLevel): boolean => LOG_LEVELS.indexOf(l) >= threshold;
  const write = (l: LogLevel, message: string): void => {
    if (!enabled(l)) return;
    const shown = l === "warn" ? "warning" : l;
    sink(`time="${localTimestamp(new Date())}" level=${shown} msg=${JSON.stringify(message)}\n`);
  };
  return {
    level,
    enabled,
    write,
    trace: (m) => write("trace", m),
    debug: (m) => write("debug", m),
    info: (m) => write("info", m),
    warn: (m) => write("warn", m),
    error: (m) => write("error", m),
  };
}

/** RFC 3339 with the local zone's offset and no fraction, as logrus prints it. */
export function localTimestamp(date: Date): string {
  const { offset } = localZoneAt(date.getTime());
  const local = new Date(date.getTime() + offset * 1000).toISOString().slice(0, 19);
  return `${local}${offset === 0 ? "Z" : numericZone(offset)}`;
}
