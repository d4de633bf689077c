/** Watches over the health of one run of a container: its checks, one after the other. */
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { isStartingUp } from "../../container/health/next-state.ts";
import type { Checked } from "../../container/health/run-check.ts";
import type { Clock } from "../../ports/ids.ts";
import type { HealthState } from "../../ports/watch-states.ts";
import type { Log } from "../../base/log.ts";
import type { Watch } from "../watch.ts";

/** Milliseconds over which checks that are due at once are spread, at most. */
const SPREAD = 1000;
/** Parts of an interval that is spread over: a check that comes every second must not wait for one. */
const SPREAD_PARTS = 10;

export interface HealthSources {
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
  readonly runCheck: (id: string, signal: AbortSignal) => Promise<Checked | undefined>;
}

/** What is known of the run when it is looked at. */
export interface SeenRun {
  readonly id: string;
  readonly check: HealthRequest;
  readonly isPaused: boolean;
  /** Read by a watch that begins. */
  readonly known: () => KnownHealth;
}

export interface KnownHealth {
  readonly state: HealthState;
  /** A check of it was begun, and nobody has said what came of it. */
  readonly interrupted: boolean;
}

export class HealthWatch implements Watch {
  readonly #sources: HealthSources;
  readonly #id: string;
  #check: HealthRequest;
  #isPaused: boolean;
  #due: number;

  constructor(sources: HealthSources, seen: SeenRun) {
    this.#sources = sources;
    this.#id = seen.id;
    this.#check = seen.check;
    this.#isPaused = seen.isPaused;
    this.#due = firstDue(seen, sources.clock.now());
  }

  /** What may change while it runs: an update can bring the next check nearer, a pause puts it off. */
  look(seen: SeenRun): void {
    if (JSON.stringify(seen.check) !== JSON.stringify(this.#check)) {
      this.#due = firstDue(seen, this.#sources.clock.now());
    }
    this.#check = seen.check;
    this.#isPaused = seen.isPaused;
  }

  due(): number | undefined {
    return this.#isPaused ? undefined : this.#due;
  }

  async act(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#sources;
    let next = this.#check.interval;
    try {
      const checked = await this.#sources.runCheck(this.#id, signal);
      if (checked !== undefined) next = untilNext(this.#check, checked);
    } catch (error) {
      if (!isEngineError(error)) throw error;
      log.warn(`health check of container ${this.#id}: ${error.message}`);
    } finally {
      // From its end, as Podman's timers do: a check that takes long is not followed by the next one at once.
      this.#due = clock.now() + next;
    }
  }
}

/** Once it has started up, a container's health is looked at for the first time, as it is after a start. */
function untilNext(check: HealthRequest, { wasStartup, state }: Checked): number {
  const startsUp = isStartingUp(check, state);
  return wasStartup && !startsUp ? 0 : intervalOf(check, startsUp);
}

function intervalOf(check: HealthRequest, startsUp: boolean): number {
  return startsUp ? (check.startup?.interval ?? check.interval) : check.interval;
}

/** At once after a start; after a supervisor's death where the former one would have gone on. */
function firstDue({ id, check, known }: SeenRun, now: number): number {
  const { state, interrupted } = known();
  const interval = intervalOf(check, isStartingUp(check, state));
  const last = state.log.at(-1);
  const due = last === undefined || interrupted ? now : last.end + interval;
  return due > now ? due : now + shareOf(id) * Math.min(SPREAD, interval / SPREAD_PARTS);
}

/** From 0 to 1, the same for the same container: ids are random. */
function shareOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) / 2 ** 32;
}
