/** Watches over containers with probes: one per probe and run. */
import {
  endsContainer,
  PROBE_KINDS,
  probeDue,
  type ProbeKind,
  startupLock,
} from "../../container/probes/machine.ts";
import { isProbed, makeProbe } from "../../container/probes/make-probe.ts";
import { probesState } from "../../container/probes/probes-state.ts";
import { stopContainer } from "../../container/stop.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ProbesState, ProbeState } from "../../ports/watch-states.ts";
import type { SuperviseContext } from "../context.ts";
import type { Watch, WatchMaker } from "../watch.ts";

type Context = Pick<SuperviseContext, "clock" | "watchStates" | "container">;

export function probeWatches(ctx: Context): WatchMaker {
  return {
    watches(world, previous) {
      const watches = new Map<string, Watch>();
      for (const { record, status } of world.containers) {
        const { probes } = record.config;
        const run = record.state.run?.pid?.startTime;
        if (probes === undefined || run === undefined || status !== "running") continue;
        const kinds = PROBE_KINDS.filter((kind) => probes[kind] !== undefined);
        const keys = kinds.map((kind) => `probe ${kind} ${record.config.id} ${run}`);
        const known = keys.map((key) => previous.get(key)).find((watch) => watch instanceof ProbeWatch);
        const probed = known?.probed ?? new ProbedRun(ctx, record);
        probed.record = record;
        kinds.forEach((kind, i) => {
          const key = keys[i] ?? "";
          watches.set(key, previous.get(key) ?? new ProbeWatch(ctx, probed, kind));
        });
      }
      return watches;
    },
  };
}

/** What the probes of one run share. In memory, for `due` is asked far more often than a probe is made. */
class ProbedRun {
  record: ContainerRecord;
  state: ProbesState;
  readonly #ctx: Context;

  constructor(ctx: Context, record: ContainerRecord) {
    this.#ctx = ctx;
    this.record = record;
    this.state = probesState(ctx, record);
  }

  reload(): void {
    this.state = probesState(this.#ctx, this.record);
  }
}

class ProbeWatch implements Watch {
  readonly probed: ProbedRun;
  readonly #ctx: Context;
  readonly #kind: ProbeKind;
  #lastAt: number | undefined;

  constructor(ctx: Context, probed: ProbedRun, kind: ProbeKind) {
    this.#ctx = ctx;
    this.probed = probed;
    this.#kind = kind;
  }

  due(): number | undefined {
    const { record, state } = this.probed;
    const { run } = record.state;
    if (run === undefined || run.startedAt === 0 || run.stopRequested) return undefined;
    const { probes = {} } = record.config;
    // Whoever found it was killed before the container had ended; or ending it has failed, and is tried again.
    if (this.#failed() !== undefined) return (this.#lastAt ?? 0) + (probes[this.#kind]?.period ?? 0) * 1000;
    if (!isProbed(record)) return undefined;
    const times = {
      startedAt: run.startedAt,
      ...(this.#lastAt === undefined ? {} : { lastAt: this.#lastAt }),
    };
    return probeDue(this.#kind, probes, state, times);
  }

  async act(signal: AbortSignal): Promise<void> {
    this.#lastAt = this.#ctx.clock.now();
    const { config } = this.probed.record;
    if (this.#kind !== "startup" || config.initContainer !== "sidecar") return this.#probe(signal);
    const { locks } = await this.#ctx.container();
    using held = locks.tryAcquire(startupLock(config.id));
    // Whoever starts the pod waits for this probe, and makes it.
    if (held === undefined) return;
    try {
      this.probed.reload();
      if (this.probed.state.startup?.passed === undefined) await this.#probe(signal);
    } finally {
      locks.forget(startupLock(config.id));
    }
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const ctx = await this.#ctx.container();
    if (this.#failed() === undefined) {
      await makeProbe(ctx, this.probed.record, this.#kind, signal);
      this.probed.reload();
    }
    const failed = this.#failed();
    if (failed === undefined || signal.aborted) return;
    const { record } = this.probed;
    const { process, probes } = record.config;
    await stopContainer(ctx, record.config.id, {
      endedFor: `${this.#kind} probe failed: ${failed.message}`,
      run: record.state.run?.pid?.startTime ?? 0,
      timeout: probes?.[this.#kind]?.terminationGracePeriod ?? process.stopTimeout,
    });
  }

  #failed(): ProbeState | undefined {
    const state = this.probed.state[this.#kind];
    return state !== undefined && endsContainer(this.#kind, state) ? state : undefined;
  }
}
