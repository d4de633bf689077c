/** The loop of the supervisor: looks at the world, asks who wants to act and when, and lets them act in time. */
import type { Log } from "../base/log.ts";
import type { Clock } from "../ports/ids.ts";
import type { Timers } from "../ports/timers.ts";
import type { Watch, WatchMaker, World } from "./watch.ts";

export interface SupervisorParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** `fresh`: processes may have ended since, which no revision of the state tells. */
  readonly readWorld: (fresh: boolean) => World;
  readonly makers: readonly WatchMaker[];
  /** False once the store or the run directory that it works in is gone, or another's. */
  readonly inPlace: () => boolean;
  /** Called now and then when nothing is due for a while: gives back memory. */
  readonly rest?: () => void;
}

/** `idle`: nothing is left to watch. `lost`: its place is gone. `ended`: it was told to. */
export type SupervisorEnd = "idle" | "lost" | "ended";

/** Milliseconds between two looks: the wakes of a busy moment are answered by one. The first comes at once. */
const LOOK_PAUSE = 50;
/** Between two fresh looks: a monitor that was killed announces nothing, and the kernel's notices may get lost. */
const LONGEST_PAUSE = 30_000;
/** Between two acts of a watch, whatever it says is due: a mistake in one must not cost a processor. */
const ACT_PAUSE = 100;
const FIRST_BACK_OFF = 1000;
const LONGEST_BACK_OFF = 60_000;
/** Acts that run at once. Most wait for a process in a container, and one that hangs must not keep the others. */
const ACTS = 64;
/** What an act gets to end, once the supervisor is told to. */
const END_PATIENCE = 10_000;
/** A clock that goes back so far was set: what was due by the old one would wait for hours. */
const CLOCK_TOLERANCE = 5000;

export class SupervisorLoop {
  readonly #parts: SupervisorParts;
  /** What each maker gave last, in the order of the makers. */
  #made: ReadonlyMap<string, Watch>[];
  #watches = new Map<string, Watch>();
  readonly #busy = new Set<string>();
  /** Before which a watch does not act again. */
  readonly #rests = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  /** What the next look has to see; undefined: nothing has changed. */
  #wanted: "changes" | "fresh" | undefined = "fresh";
  #lookAfter = 0;
  #lookFailures = 0;
  #lastTurn = 0;
  #lastFresh = 0;
  #restAfter = 0;
  #disarm: () => void = () => undefined;
  #run: { readonly acts: AbortController; readonly resolve: (end: SupervisorEnd) => void } | undefined;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#made = parts.makers.map(() => new Map());
  }

  /** Something may have changed. */
  wake(): void {
    this.#wanted = "fresh";
    this.#turn();
  }

  /** Resolves once it is over; then no act is under way, except one that does not heed its signal. */
  async watch(signal: AbortSignal): Promise<SupervisorEnd> {
    const acts = new AbortController();
    const over = Promise.withResolvers<SupervisorEnd>();
    const end = (): void => this.#end("ended");
    this.#run = { acts, resolve: over.resolve };
    signal.addEventListener("abort", end, { once: true });
    this.#wanted = "fresh";
    this.#lookAfter = 0;
    if (signal.aborted) end();
    else this.#turn();
    try {
      return await over.promise;
    } finally {
      signal.removeEventListener("abort", end);
      this.#disarm();
      this.#run = undefined;
    }
  }

  /** Looks at once; whether there is something to watch. For its last look, when it has given its place away. */
  hasWork(): boolean {
    this.#look("fresh");
    return this.#watches.size > 0 || this.#lookFailures > 0;
  }

  /** Does all that can be done now, and sets the timer for what comes first. Never waits. */
  #turn(): void {
    if (this.#run === undefined || this.#run.acts.signal.aborted) return;
    const now = this.#parts.clock.now();
    if (now < this.#lastTurn - CLOCK_TOLERANCE) this.#forgetTimes();
    this.#lastTurn = now;
    if (now >= this.#lastFresh + LONGEST_PAUSE) this.#wanted = "fresh";
    if (this.#wanted !== undefined && now >= this.#lookAfter) {
      if (!this.#parts.inPlace()) return this.#end("lost");
      this.#look(this.#wanted);
    }
    this.#beginActs(now);
    if (this.#wanted === undefined && this.#watches.size === 0 && this.#busy.size === 0) {
      return this.#end("idle");
    }
    this.#arm();
  }

  #arm(): void {
    this.#disarm();
    const now = this.#parts.clock.now();
    if (now >= this.#restAfter && this.#busy.size === 0) {
      this.#restAfter = now + LONGEST_PAUSE;
      this.#parts.rest?.();
    }
    let next = this.#lastFresh + LONGEST_PAUSE;
    if (this.#wanted !== undefined) next = Math.min(next, this.#lookAfter);
    // With all hands busy the end of an act is what comes first.
    if (this.#busy.size < ACTS) {
      for (const [key, watch] of this.#watches) next = Math.min(next, this.#dueOf(key, watch) ?? next);
    }
    this.#disarm = this.#parts.timers.after(Math.max(next - now, 1), () => this.#turn());
  }

  #look(what: "changes" | "fresh"): void {
    const { clock, readWorld, makers, log } = this.#parts;
    try {
      const world = readWorld(what === "fresh");
      this.#made = makers.map((maker, place) => this.#ask(maker, world, place));
      this.#watches = new Map(this.#made.flatMap((watches) => [...watches]));
      for (const key of [...this.#rests.keys(), ...this.#failures.keys()]) {
        if (!this.#watches.has(key) && !this.#busy.has(key)) this.#forget(key);
      }
      this.#wanted = undefined;
      this.#lookFailures = 0;
      this.#lookAfter = clock.now() + LOOK_PAUSE;
      if (what === "fresh") this.#lastFresh = clock.now();
    } catch (error) {
      this.#lookFailures += 1;
      this.#lookAfter = clock.now() + backOff(this.#lookFailures);
      log.error(`supervisor cannot read the state: ${text(error)}`);
    }
  }

  /** A maker that fails keeps the others from nothing; what it watched it goes on watching. */
  #ask(maker: WatchMaker, world: World, place: number): ReadonlyMap<string, Watch> {
    const previous = this.#made[place] ?? new Map<string, Watch>();
    try {
      return maker.watches(world, previous);
    } catch (error) {
      this.#parts.log.error(`supervisor: ${text(error)}`);
      return previous;
    }
  }

  #beginActs(now: number): void {
    const due: { readonly key: string; readonly watch: Watch; readonly at: number }[] = [];
    for (const [key, watch] of this.#watches) {
      const at = this.#dueOf(key, watch);
      if (at !== undefined && at <= now) due.push({ key, watch, at });
    }
    due.sort((a, b) => a.at - b.at);
    for (const { key, watch } of due.slice(0, ACTS - this.#busy.size)) void this.#act(key, watch);
  }

  /** undefined while it acts, and for one that only waits for the world to change. */
  #dueOf(key: string, watch: Watch): number | undefined {
    if (this.#busy.has(key)) return undefined;
    const at = watch.due();
    return at === undefined ? undefined : Math.max(at, this.#rests.get(key) ?? at);
  }

  async #act(key: string, watch: Watch): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    this.#busy.add(key);
    let rest = ACT_PAUSE;
    try {
      await watch.act(run.acts.signal);
      this.#failures.delete(key);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      rest = backOff(failures);
      if (!run.acts.signal.aborted) this.#parts.log.error(`supervisor: ${key}: ${text(error)}`);
    }
    this.#busy.delete(key);
    this.#rests.set(key, this.#parts.clock.now() + rest);
    this.#wanted ??= "changes";
    this.#turn();
    if (run.acts.signal.aborted && this.#busy.size === 0) run.resolve(endOf(run.acts.signal));
  }

  /** Whoever acts is told to end, and gets a while to do so. */
  #end(end: SupervisorEnd): void {
    const run = this.#run;
    if (run === undefined || run.acts.signal.aborted) return;
    this.#disarm();
    run.acts.abort(end);
    if (this.#busy.size === 0) return run.resolve(end);
    this.#disarm = this.#parts.timers.after(END_PATIENCE, () => run.resolve(end));
  }

  #forgetTimes(): void {
    this.#rests.clear();
    this.#made = this.#made.map(() => new Map());
    this.#wanted = "fresh";
    this.#lookAfter = 0;
    this.#lastFresh = 0;
    this.#restAfter = 0;
  }

  #forget(key: string): void {
    this.#rests.delete(key);
    this.#failures.delete(key);
  }
}

function endOf(signal: AbortSignal): SupervisorEnd {
  return signal.reason === "lost" || signal.reason === "idle" ? signal.reason : "ended";
}

function backOff(failures: number): number {
  return Math.min(FIRST_BACK_OFF * 2 ** (failures - 1), LONGEST_BACK_OFF);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
