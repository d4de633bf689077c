/** The log of what became of the engine's objects. */
import type { EngineEvent, NewEvent } from "@podwright/spec/engine-api/events";

export interface EventLog {
  /** Never throws: an event that cannot be written must not fail what has happened. */
  write(event: NewEvent): void;
}

export interface EventReader {
  /**
   * In the order in which they were written, each once; what cannot be read is passed over. With `follow` it goes
   * on with what is written from now on, until the signal.
   */
  read(options: ReadLogOptions, signal?: AbortSignal): AsyncIterable<EngineEvent>;
}

export interface ReadLogOptions {
  /** Else only what is written from now on. */
  readonly fromStart: boolean;
  readonly follow: boolean;
}

/** Where events are kept. */
export interface EventFile {
  readonly path: string;
  /** Bytes at which the older half goes; 0 for a file that grows. */
  readonly maxSize: number;
}
