/** The local time zone, found as Go finds it; the runtime's own tables take 10 ms at their first use. */
import { readFileSync } from "node:fs";
import type { ZoneMoment, ZoneRule } from "./posix-rule.ts";
import { parseZoneFile } from "./zone-file.ts";

/** Where Go looks for zones by name. */
const ZONE_FOLDERS = [
  "/usr/share/zoneinfo/",
  "/usr/share/lib/zoneinfo/",
  "/usr/lib/locale/TZ/",
  "/etc/zoneinfo/",
];

const utc: ZoneRule = () => ({ offset: 0, name: "UTC" });

let known: ZoneRule | undefined;

/** What local clocks show then; the zone is looked for once. */
export function localZoneAt(ms: number): ZoneMoment {
  return (known ??= findZone(Bun.env["TZ"]))(Math.floor(ms / 1000));
}

/** Of a value of TZ; undefined is none. No rules of POSIX: Go takes none either. */
export function findZone(tz: string | undefined): ZoneRule {
  if (tz === undefined) return readZone("/etc/localtime") ?? utc;
  const name = tz.startsWith(":") ? tz.slice(1) : tz;
  if (name === "" || name === "UTC") return utc;
  const paths = name.startsWith("/") ? [name] : ZONE_FOLDERS.map((folder) => folder + name);
  for (const path of paths) {
    const zone = readZone(path);
    if (zone !== undefined) return zone;
  }
  return runtimeZone;
}

function readZone(path: string): ZoneRule | undefined {
  try {
    return parseZoneFile(readFileSync(path));
  } catch (error) {
    // Not there, a folder, not ours to read: each means that this is no zone.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** As the runtime knows it: it has zones of its own where the system has none, and takes UTC for names unknown to it. */
function runtimeZone(seconds: number): ZoneMoment {
  const date = new Date(seconds * 1000);
  return {
    offset: -date.getTimezoneOffset() * 60 || 0,
    // Found when asked for: few print it, and Intl takes another 10 ms.
    get name() {
      return runtimeName(date);
    },
  };
}

function runtimeName(date: Date): string {
  for (const locale of ["en-US", "en-GB"]) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
    const name = parts.find((p) => p.type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{3,5}$/.test(name)) return name;
  }
  return "";
}
