/** An event as Podman shows it: a line of text, or the fields of its JSON. */
import type { EngineEvent } from "@podwright/spec/engine-api/events";
import { rfc3339Nano } from "../../base/go-time.ts";
import { GoTime } from "./go-time.ts";

const SHORT_ID = 12;

/** `full`: ids are not cut. */
export function eventLineText(event: EngineEvent, full: boolean): string {
  const { type, status, name } = event;
  const id = full ? event.id : event.id.slice(0, SHORT_ID);
  const head = `${timeOf(event)} ${type} ${status}`;
  switch (type) {
    case "container":
    case "pod":
      return `${head} ${id} (${describe(event).join(", ")})`;
    case "network":
      return `${head} ${networkText(event, id)}`;
    case "image":
      return `${head} ${id} ${name}${event.error === undefined ? "" : ` ${event.error}`}`;
    case "secret":
      return `${head} ${id} ${name}`;
    case "system":
      return name === "" ? head : `${head} ${name}`;
    case "volume":
      return `${head} ${name}`;
  }
}

function describe(event: EngineEvent): string[] {
  const health =
    event.status === "health_status"
      ? [
          `health_status=${event.healthStatus ?? ""}`,
          `health_failing_streak=${event.healthFailingStreak ?? 0}`,
          `health_log=${event.healthLog ?? ""}`,
        ]
      : [];
  return [
    `image=${event.image ?? ""}`,
    `name=${event.name}`,
    ...(event.podId === undefined ? [] : [`pod_id=${event.podId}`]),
    ...health,
    ...Object.entries(event.attributes).map(([key, value]) => `${key}=${value}`),
  ];
}

function networkText({ status, network = "", id, attributes }: EngineEvent, shown: string): string {
  if (status === "create" || status === "remove") {
    return `${id} (name=${network}, type=${attributes["driver"] ?? ""})`;
  }
  return `${shown} (container=${shown}, name=${network})`;
}

/** In local time: `2026-11-22 14:15:09.123456789 +0000 UTC`. */
function timeOf({ seconds, nanoseconds }: EngineEvent): string {
  // To the second by the clock, whose zone it brings along; the rest is digits.
  const whole = rfc3339Nano(seconds * 1000).replace(/\.\d+/, "");
  const fraction = `.${String(nanoseconds).padStart(9, "0")}`;
  return new GoTime(whole.replace(/(?=(?:Z|[+-]\d\d:\d\d)$)/, fraction)).toString();
}

export interface EventFields extends Readonly<Record<string, unknown>> {
  readonly network?: string;
  readonly health_status?: string;
  readonly Attributes: Readonly<Record<string, string>> | null;
}

/** The members of `--format json`, in Podman's order. */
export function eventFields(event: EngineEvent): EventFields {
  const { seconds, nanoseconds, attributes } = event;
  const none = Object.keys(attributes).length === 0;
  return {
    ...optional("ContainerExitCode", event.exitCode),
    ...optional("OOMKilled", event.oomKilled),
    ...optional("ID", event.id === "" ? undefined : event.id),
    ...optional("Image", event.image),
    ...optional("Name", event.name === "" ? undefined : event.name),
    ...optional("network", event.network),
    Status: event.status,
    time: seconds,
    timeNano: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
    Type: event.type,
    ...optional("health_status", event.healthStatus),
    ...optional("Error", event.error),
    ...optional("ContainerInspectData", event.inspectData),
    ...optional("PodID", event.podId),
    Attributes: none && event.type !== "container" ? null : attributes,
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
