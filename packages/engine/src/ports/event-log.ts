/** The log of what became of the engine's objects. */
import type { EngineEvent, NewEvent } from "@podwright/spec/engine-api/events";

export interface EventLog {
  /** Never throws: an event that cannot be written must not fail what has happened. */
  write(event: NewEvent): void;
}

export interface EventReader {
  /** All that is there, the oldest first. */
  read(): Iterable<EngineEvent>;
  /** What is written from now on, until the signal. */
  follow(signal: AbortSignal): AsyncIterable<EngineEvent>;
}
