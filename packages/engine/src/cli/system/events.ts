/** `events`: what becomes of containers, pods, images, networks, secrets and volumes, as it happens. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { EngineEvent } from "@podwright/spec/engine-api/events";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDuration } from "@podwright/spec/values/duration";
import { parseTimestamp } from "@podwright/spec/values/timestamp";
import { defineCommand } from "../frame/command.ts";
import { eventFields, eventLineText } from "../print/event.ts";
import { toGoJson } from "../print/json.ts";
import { asksForJson, compileTemplate } from "../print/template.ts";

export const command = defineCommand({
  path: ["events"],
  also: [["system", "events"]],
  summary: "Show podwright system events",
  description:
    "Monitor podwright system events.\n\n  By default, streaming mode is used, printing new events as they occur. " +
    "Previous events can be listed via --since and --until.",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    filter: { type: "list", short: "f", help: "Filter output", complete: "none" },
    format: { type: "string", help: "Format the output using a Go template, or as json", complete: ["json"] },
    "no-trunc": { type: "bool", default: true, help: "Do not truncate the output" },
    since: { type: "string", help: "Show all events created since timestamp", complete: "none" },
    stream: {
      type: "bool",
      default: true,
      help: "Stream events and do not exit when returning the last known event",
    },
    until: { type: "string", help: "Show all events until timestamp", complete: "none" },
  },
  examples: [
    "events",
    "events --filter event=create",
    "events --format {{.Image}}",
    "events --since 1h30s",
    "events --stream=false --filter type=pod --format json",
  ],
  async run({ flags, engine, io }) {
    const show = printer(flags.format, flags["no-trunc"]);
    const now = Date.now();
    const { since, until } = flags;
    const options = {
      filters: readFilters(flags.filter),
      ...(since === undefined || since === "" ? {} : { since: point("since", since, now) }),
      ...(until === undefined || until === "" ? {} : { until: point("until", until, now) }),
      stream: flags.stream,
    };
    const events = await engine.events();
    const signal = flags.stream ? io.interruptible() : undefined;
    for await (const event of events.read(options, signal)) io.out(show(event));
    return signal?.aborted === true ? INTERRUPTED : 0;
  },
});

/** 128 + SIGINT. */
const INTERRUPTED = 130;

function printer(format: string | undefined, full: boolean): (event: EngineEvent) => string {
  if (format === undefined) return (event) => `${eventLineText(event, full)}\n`;
  // As a row of a template's an event has more fields than its JSON.
  if (asksForJson(format) || /^\s*{{\s*json\s+\.\s*}}\s*$/.test(format)) {
    return (event) => `${toGoJson(eventFields(event))}\n`;
  }
  const template = compileTemplate(format, "events");
  return (event) => template({ PodID: "", ContainerInspectData: "", ...templateFields(event) });
}

/** A template may name every field, those that an event has not as well. */
function templateFields(event: EngineEvent): Readonly<Record<string, unknown>> {
  const { network, health_status: health, Attributes: attributes, ...fields } = eventFields(event);
  return {
    ContainerExitCode: 0,
    ID: "",
    Image: "",
    Name: "",
    Error: "",
    ...fields,
    Network: network ?? "",
    HealthStatus: health ?? "",
    Time: event.seconds,
    TimeNano: fields["timeNano"],
    Attributes: new Map(Object.entries(attributes ?? {})),
  };
}

/** @throws VALUE_INVALID */
function readFilters(given: readonly string[]): Filters {
  const filters: Record<string, string[]> = {};
  for (const text of given) {
    const equals = text.indexOf("=");
    if (equals === -1) throw invalid(`${text} is an invalid filter`);
    (filters[text.slice(0, equals)] ??= []).push(text.slice(equals + 1));
  }
  return filters;
}

/** A duration lies behind for --since and ahead for --until: so does Podman. */
function point(flag: "since" | "until", text: string, now: number): number {
  try {
    const isAhead = flag === "until" && /^[+-]?[\d.]+[a-zµμ]/.test(text);
    return isAhead ? now + parseDuration(text) : parseTimestamp(text, now);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw invalid(`unable to convert ${flag} time of ${text}: unable to interpret time value`, cause);
  }
}

function invalid(reason: string, cause?: EngineError): EngineError {
  const message = `failed to parse event filters: ${reason}`;
  return new EngineError("VALUE_INVALID", message, cause === undefined ? {} : { cause });
}
