import { describe, expect, test } from "bun:test";
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { viewWorld } from "../../../testing/view-context.ts";
import { MemoryWatchStates } from "../../../testing/quiet.ts";
import { containerRecord } from "../../../testing/records.ts";
import { initialHealth, nextHealth } from "../../container/health/next-state.ts";
import type { Checked } from "../../container/health/run-check.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { HealthState } from "../../ports/watch-states.ts";
import type { Watch } from "../watch.ts";
import { HealthWatches } from "./health-watches.ts";

const BOOT = "boot";
const START = 1_790_000_000_000;
const CHECK: HealthRequest = {
  test: ["CMD", "true"],
  interval: 10_000,
  timeout: 1000,
  startPeriod: 0,
  retries: 3,
};

/** Checks take 100 ms of a clock that stands still otherwise. */
class HealthWorld {
  now = START;
  readonly states = new MemoryWatchStates();
  readonly checked: string[] = [];
  readonly warnings: string[] = [];
  outcome: number | "gone" | "broken" = 0;
  readonly #maker: HealthWatches;
  #watches: ReadonlyMap<string, Watch> = new Map();

  constructor() {
    using views = viewWorld();
    const places = { watchStates: this.states, settings: views.ctx.settings };
    this.#maker = new HealthWatches(places, {
      clock: { now: () => this.now },
      log: { warn: (text) => void this.warnings.push(text) },
      runCheck: (id) => this.#run(id),
    });
  }

  look(
    ...containers: readonly { readonly record: ContainerRecord; readonly status: ContainerStatus }[]
  ): Watch[] {
    this.#records = new Map(containers.map(({ record }) => [record.config.id, record]));
    this.#watches = this.#maker.watches({ containers, pods: [] }, this.#watches);
    return [...this.#watches.values()];
  }

  #records: ReadonlyMap<string, ContainerRecord> = new Map();

  async #run(id: string): Promise<Checked | undefined> {
    this.checked.push(id);
    const start = this.now;
    this.now += 100;
    if (this.outcome === "gone") return undefined;
    if (this.outcome === "broken") throw new EngineError("CONTAINER_RUNTIME_FAILED", "no way in");
    const record = this.#records.get(id);
    const health = record?.config.health;
    if (record === undefined || health === undefined || health === "none") return undefined;
    const known = this.states.read(id)?.health ?? initialHealth(health);
    const result = { start, end: this.now, exitCode: this.outcome, output: "" };
    const { state } = nextHealth(health, known, { result, startedAt: START });
    this.states.write(id, { run: record.state.run?.pid?.startTime ?? 0, health: state });
    const wasStartup = health.startup !== undefined && !known.startupPassed;
    return {
      result: { status: state.status, exitCode: this.outcome, output: "" },
      state,
      wasStartup,
      timedOut: false,
      timeout: 0,
    };
  }
}

function running(id: string, check: HealthRequest = CHECK, startTime = 7): ContainerRecord {
  const record = containerRecord(id, { health: check });
  const run = {
    pid: { pid: 5, startTime, bootId: BOOT },
    runtime: "runc",
    bootId: BOOT,
    startedAt: START,
    interfaces: [],
    stopRequested: false,
    ports: [],
  };
  return { ...record, state: { ...record.state, run } };
}

const one = (record: ContainerRecord, status: ContainerStatus = "running") => ({ record, status });
const FIRST = "0".repeat(64);
const forever = new AbortController().signal;

function theOnly(watches: readonly Watch[]): Watch {
  expect(watches).toHaveLength(1);
  const [watch] = watches;
  if (watch === undefined) throw new Error("no watch");
  return watch;
}

describe("HealthWatches", () => {
  test("the first check comes with the start, the next an interval after its end", async () => {
    const world = new HealthWorld();
    const watch = theOnly(world.look(one(running(FIRST))));
    expect(watch.due()).toBe(START);
    await watch.act(forever);
    expect(watch.due()).toBe(START + 100 + 10_000);
    expect(theOnly(world.look(one(running(FIRST))))).toBe(watch);
  });

  test("containers that were started together are not checked together", () => {
    const world = new HealthWorld();
    const ids = [...Array(200).keys()].map((n) => Bun.SHA256.hash(String(n), "hex"));
    const dues = world.look(...ids.map((id) => one(running(id)))).map((watch) => watch.due() ?? 0);
    expect(new Set(dues).size).toBe(200);
    expect(Math.min(...dues)).toBeGreaterThanOrEqual(START);
    expect(Math.max(...dues)).toBeLessThanOrEqual(START + 1000);
    const busiest = Math.max(
      ...[...Array(10).keys()].map((n) => dues.filter((due) => Math.floor((due - START) / 100) === n).length),
    );
    expect(busiest).toBeLessThan(40);
  });

  test("who does not run is not watched; who is paused is, and nothing is due", () => {
    const world = new HealthWorld();
    for (const status of ["exited", "stopping", "stopped", "created", "configured"] as const) {
      expect(world.look(one(running(FIRST), status))).toEqual([]);
    }
    const watch = theOnly(world.look(one(running(FIRST), "paused")));
    expect(watch.due()).toBeUndefined();
    expect(theOnly(world.look(one(running(FIRST))))).toBe(watch);
    expect(watch.due()).toBe(START);
  });

  test("another run is another watch, whose count begins anew", async () => {
    const world = new HealthWorld();
    world.outcome = 1;
    const before = theOnly(world.look(one(running(FIRST))));
    await before.act(forever);
    const after = theOnly(world.look(one(running(FIRST, CHECK, 8))));
    expect(after).not.toBe(before);
    expect(after.due()).toBe(START + 100);
  });

  test("no check, one that is switched off, and one by hand alone are not watched", () => {
    const world = new HealthWorld();
    const startup = { interval: 0, timeout: 1, retries: 0, successes: 0 };
    const checks = [{ test: ["NONE"] }, { interval: 0 }, { startup }];
    for (const check of checks) expect(world.look(one(running(FIRST, { ...CHECK, ...check })))).toEqual([]);
    expect(world.look(one(containerRecord(FIRST)))).toEqual([]);
  });

  test("a new supervisor goes on where the former was: no check is doubled, no count is lost", async () => {
    const world = new HealthWorld();
    world.outcome = 1;
    await theOnly(world.look(one(running(FIRST)))).act(forever);
    const heir = new HealthWorld();
    heir.states.write(FIRST, world.states.read(FIRST) ?? { run: 0 });
    heir.now = START + 4000;
    const watch = theOnly(heir.look(one(running(FIRST))));
    expect(watch.due()).toBe(START + 100 + 10_000);
    heir.now = START + 10_100;
    heir.outcome = 1;
    await watch.act(forever);
    expect(streakOf(heir.states.read(FIRST)?.health)).toBe(2);
  });

  test("the start-up check has its own times; once it has passed, the health check comes at once", async () => {
    const world = new HealthWorld();
    const startup = { interval: 300, timeout: 1, retries: 0, successes: 2 };
    const watch = theOnly(world.look(one(running(FIRST, { ...CHECK, startup }))));
    await watch.act(forever);
    expect(watch.due()).toBe(world.now + 300);
    await watch.act(forever);
    expect(watch.due()).toBe(world.now);
    await watch.act(forever);
    expect(watch.due()).toBe(world.now + 10_000);
  });

  test("an update of the times brings the next check nearer", async () => {
    const world = new HealthWorld();
    const watch = theOnly(world.look(one(running(FIRST))));
    await watch.act(forever);
    world.look(one(running(FIRST, { ...CHECK, interval: 2000 })));
    expect(watch.due()).toBe(START + 100 + 2000);
  });

  test("a check that could not be run is said, and tried again after the interval", async () => {
    const world = new HealthWorld();
    const watch = theOnly(world.look(one(running(FIRST))));
    for (const outcome of ["broken", "gone"] as const) {
      world.outcome = outcome;
      await watch.act(forever);
      expect(watch.due()).toBe(world.now + 10_000);
    }
    expect(world.warnings).toEqual([`health check of container ${FIRST}: no way in`]);
  });
});

const streakOf = (state: HealthState | undefined): number => state?.failingStreak ?? -1;
