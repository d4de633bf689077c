/** An event as a line of the log: JSON with the keys, and in the order, of Podman's own event files. */
import type { EventType, NewEvent } from "@podwright/spec/engine-api/events";

const NANOSECONDS = 1_000_000_000n;

/** Without its line feed. `at`: nanoseconds since 1970. */
export function eventLine(event: NewEvent, at: bigint): string {
  return JSON.stringify({
    ContainerExitCode: event.exitCode,
    OOMKilled: given(event.oomKilled),
    ID: given(event.id),
    Image: given(event.image),
    Name: given(event.name),
    network: given(event.network),
    Status: event.status,
    Time: timeText(at),
    Type: event.type,
    health_status: given(event.healthStatus),
    health_log: given(event.healthLog),
    health_failing_streak: given(event.healthFailingStreak),
    error: given(event.error),
    ContainerInspectData: given(event.inspectData),
    PodID: given(event.podId),
    Attributes: attributesOf(event),
  });
}

/** Go leaves out what is empty. */
function given<T>(value: T | undefined): T | undefined {
  return value === "" || value === 0 || value === false ? undefined : value;
}

/** Of what can have labels an empty map, of the rest null: so does Podman. */
export function attributesOf({
  type,
  attributes,
}: {
  readonly type: EventType;
  readonly attributes: Readonly<Record<string, string>>;
}): Readonly<Record<string, string>> | null {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return type === "container" ? {} : null;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

/** RFC 3339 in UTC: the local zone would have to be loaded first. */
function timeText(at: bigint): string {
  const seconds = at / NANOSECONDS;
  const fraction = String(at % NANOSECONDS).padStart(9, "0");
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
