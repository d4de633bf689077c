/** `events`: what has happened, from a log that somebody else writes, chosen by filters and time. */
import type { EngineEvent, EventsApi, ReadEventsOptions } from "@podwright/spec/engine-api/events";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { EventReader } from "../ports/event-log.ts";
import type { Clock } from "../ports/ids.ts";
import { compileEventFilters } from "./event-filters.ts";

export interface EventsContext {
  /** Undefined where none are kept. */
  readonly reader: EventReader | undefined;
  readonly clock: Clock;
}

/** What setTimeout takes at most. */
const LONGEST_TIMER = 2 ** 31 - 1;

export function eventsApi(ctx: EventsContext): EventsApi {
  return { read: (options, signal) => readEvents(ctx, options, signal) };
}

async function* readEvents(
  { reader, clock }: EventsContext,
  options: ReadEventsOptions,
  signal?: AbortSignal,
): AsyncGenerator<EngineEvent> {
  const { since, until, stream } = options;
  const isWanted = compileEventFilters(options.filters);
  if (reader === undefined) {
    throw new EngineError("EVENTS_UNAVAILABLE", 'cannot read events with the "none" backend');
  }
  const left = until === undefined ? Number.POSITIVE_INFINITY : until - clock.now();
  const follow = stream && left > 0;
  const ends = [
    ...(signal === undefined ? [] : [signal]),
    ...(left < LONGEST_TIMER && follow ? [AbortSignal.timeout(left)] : []),
  ];
  const fromStart = !stream || since !== undefined || until !== undefined;
  for await (const event of reader.read({ fromStart, follow }, AbortSignal.any(ends))) {
    const at = event.seconds * 1000 + event.nanoseconds / 1e6;
    if (since !== undefined && at <= since) continue;
    if (until !== undefined && at >= until) continue;
    if (isWanted(event)) yield event;
  }
}
