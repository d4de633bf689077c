/** An event of a line of the log, whoever wrote it: this engine, or a Podman that was given the same file. */
import type { EngineEvent, EventStatus, EventType } from "@podwright/spec/engine-api/events";

const TYPES: ReadonlySet<string> = new Set<EventType>([
  "container",
  "image",
  "network",
  "pod",
  "secret",
  "system",
  "volume",
]);
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/;

/** Undefined for a line that is torn, or of something else. */
export function readEventLine(line: string): EngineEvent | undefined {
  const fields = parse(line);
  if (fields === undefined) return undefined;
  const { Type: type, Status: status } = fields;
  const time = readTime(fields["Time"]);
  if (typeof type !== "string" || typeof status !== "string" || time === undefined) return undefined;
  if (!TYPES.has(type) || status === "") return undefined;
  return {
    ...time,
    type: type as EventType,
    status: status as EventStatus,
    id: text(fields["ID"]) ?? "",
    name: text(fields["Name"]) ?? "",
    ...optional("image", text(fields["Image"])),
    ...optional("podId", text(fields["PodID"])),
    ...optional("network", text(fields["network"])),
    ...optional("exitCode", integer(fields["ContainerExitCode"])),
    ...(fields["OOMKilled"] === true ? { oomKilled: true } : {}),
    ...optional("healthStatus", text(fields["health_status"])),
    ...optional("healthFailingStreak", integer(fields["health_failing_streak"])),
    ...optional("healthLog", text(fields["health_log"])),
    ...optional("inspectData", text(fields["ContainerInspectData"])),
    ...optional("error", text(fields["error"])),
    attributes: texts(fields["Attributes"]),
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readTime(value: unknown): Pick<EngineEvent, "seconds" | "nanoseconds"> | undefined {
  const match = TIME.exec(typeof value === "string" ? value : "");
  if (match === null) return undefined;
  const [, whole = "", fraction = "", zone = ""] = match;
  const seconds = Date.parse(`${whole}${zone}`) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  return { seconds, nanoseconds: Number(fraction.padEnd(9, "0")) };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function integer(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, label]) => typeof label === "string"));
}
