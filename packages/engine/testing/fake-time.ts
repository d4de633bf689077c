/** Time that passes when a test says so. */
import type { Clock } from "../src/ports/ids.ts";
import type { Timers } from "../src/ports/timers.ts";

interface Alarm {
  readonly at: number;
  readonly callBack: () => void;
}

export class FakeTime implements Clock, Timers {
  #now: number;
  readonly #alarms = new Set<Alarm>();

  constructor(start = 1_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callBack: () => void): () => void {
    const alarm = { at: this.#now + milliseconds, callBack };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Alarms that nobody has taken back. */
  get armed(): number {
    return this.#alarms.size;
  }

  /** What a set clock does: alarms, which count from when they were set, stay. */
  setClock(change: number): void {
    this.#now += change;
    const moved = [...this.#alarms].map((alarm) => ({ ...alarm, at: alarm.at + change }));
    this.#alarms.clear();
    for (const alarm of moved) this.#alarms.add(alarm);
  }

  /** Rings what is due on the way, one after the other, and lets what they begin go on. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (;;) {
      const next = [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callBack();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets promises that are settled go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
