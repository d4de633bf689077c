/** Ports that tests of other things do not look at. */
import type { NewEvent } from "@podwright/spec/engine-api/events";
import type { EventLog } from "../src/ports/event-log.ts";
import type { Supervisor } from "../src/ports/supervisor.ts";
import type { WatchState, WatchStates } from "../src/ports/watch-states.ts";

export class RecordedEvents implements EventLog {
  readonly written: NewEvent[] = [];

  write(event: NewEvent): void {
    this.written.push(event);
  }
}

export class CountedWakes implements Supervisor {
  wakes = 0;

  wake(): void {
    this.wakes += 1;
  }

  tell(): void {}
}

export class MemoryWatchStates implements WatchStates {
  readonly #states = new Map<string, WatchState>();

  read(id: string): WatchState | undefined {
    return this.#states.get(id);
  }

  write(id: string, state: WatchState): void {
    this.#states.set(id, state);
  }

  forget(id: string): void {
    this.#states.delete(id);
  }
}

/** For a context's three ports at once. */
export function quietPorts() {
  return {
    events: new RecordedEvents(),
    supervisor: new CountedWakes(),
    watchStates: new MemoryWatchStates(),
  };
}
