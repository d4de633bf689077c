/** Waits for descriptors and hands their events out; nothing else of the process goes on. */
import { closeFd, E, Poll } from "../sys/forward-calls.ts";

/** `events` are EPOLL bits. */
export type Handler = (events: number) => void;

interface Timer {
  readonly at: number;
  readonly act: () => void;
}

const MOST_EVENTS = 256;

export class Loop {
  readonly #poll = new Poll(MOST_EVENTS);
  readonly #handlers = new Map<number, Handler>();
  #ready = new Set<() => void>();
  #timers: Timer[] = [];
  #closing: number[] = [];
  #ended = false;

  /** Gives minus errno where it failed. */
  watch(fd: number, events: number, handler: Handler): number {
    const result = this.#poll.add(fd, events);
    if (result >= 0) this.#handlers.set(fd, handler);
    return result;
  }

  /** It stays open. */
  ignore(fd: number): void {
    if (this.#handlers.delete(fd)) this.#poll.remove(fd);
  }

  /**
   * Closed once the events at hand are through: another one with its number must not get them. It stays open until
   * then, so it must not be used as an end of anything.
   */
  close(fd: number): void {
    this.ignore(fd);
    this.#closing.push(fd);
  }

  /** Once, when all others have had their turn. */
  soon(act: () => void): void {
    this.#ready.add(act);
  }

  after(milliseconds: number, act: () => void): void {
    this.#timers.push({ at: performance.now() + milliseconds, act });
  }

  /** Rounds until somebody says `end`. */
  run(): void {
    while (!this.#ended) this.turn();
  }

  end(): void {
    this.#ended = true;
  }

  /** One round; waits for as long as nothing happens. */
  turn(longest = -1): void {
    const count = this.#poll.wait(this.#patience(longest));
    if (count < 0 && count !== -E.INTR) throw new Error(`epoll_wait: errno ${-count}`);
    for (let i = 0; i < count; i++) this.#handlers.get(this.#poll.fdAt(i))?.(this.#poll.eventsAt(i));
    const ready = this.#ready;
    this.#ready = new Set();
    for (const act of ready) act();
    if (this.#timers.length > 0) this.#ring();
    const closing = this.#closing;
    this.#closing = [];
    for (const fd of closing) closeFd(fd);
  }

  #patience(longest: number): number {
    if (this.#ready.size > 0) return 0;
    const times = this.#timers.map(({ at }) => Math.max(0, Math.ceil(at - performance.now())));
    if (longest >= 0) times.push(longest);
    return times.length === 0 ? -1 : Math.min(...times);
  }

  #ring(): void {
    const now = performance.now();
    const due = this.#timers.filter(({ at }) => at <= now);
    if (due.length === 0) return;
    this.#timers = this.#timers.filter(({ at }) => at > now);
    for (const { act } of due) act();
  }
}
