import { expect, test } from "bun:test";
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { ContainerUsage } from "@podwright/spec/engine-api/usage";
import * as fc from "fast-check";
import { createLog } from "../base/log.ts";
import { containerRecord, podRecord } from "../../testing/records.ts";
import { NOT_STARTED, NOW, viewWorld } from "../../testing/view-context.ts";
import type { CgroupUsage } from "../ports/cgroups.ts";
import type { UsageContext } from "./context.ts";
import { containerStats, podStats } from "./stats.ts";

const hex = (start: string): string => start.padEnd(64, "0");
const GIB = 2 ** 30;
const UP = { ...NOT_STARTED, status: "running", pid: 5, startedAt: NOW - 10_000 } as const;
const USED: CgroupUsage = {
  cpuNanoseconds: 5e9,
  cpuSystemNanoseconds: 1e9,
  memory: GIB,
  memoryLimit: 2 * GIB,
  blockInput: 1,
  blockOutput: 2,
  pids: 3,
};
const ONCE = { all: false, stream: false, interval: 1000 };
const STREAM = { all: false, stream: true, interval: 1 };

/** Containers with a cgroup each, a clock that the test moves, and 8 GiB. */
function world() {
  const made = viewWorld();
  const clock = { time: NOW };
  const used = new Map<string, CgroupUsage>();
  const ctx: UsageContext = {
    store: made.store,
    clock: { now: () => clock.time },
    log: createLog("error", () => {}),
    views: {
      ...made.ctx,
      places: (record) => ({ ...made.ctx.places(record), cgroup: `/${record.config.id}` }),
    },
    cgroups: { processes: () => [], usage: (path) => used.get(path.slice(1)) },
    hasCgroups: true,
    alive: { isAlive: () => true, sharingMounts: () => [] },
    processes: { read: () => [], uptime: () => 0 },
    netCounters: {
      ofProcess: () => [
        { name: "lo", received: 99, sent: 99 },
        { name: "eth0", received: 10, sent: 20 },
        { name: "eth1", received: 1, sent: 2 },
      ],
      ofNamespace: () => [{ name: "eth0", received: 7, sent: 8 }],
    },
    hostPs: { run: () => Promise.resolve(undefined) },
    files: { readText: () => undefined },
    machineMemory: () => 8 * GIB,
    execInside: () => Promise.reject(new Error("not here")),
  };
  const add = (
    name: string,
    running: boolean,
    change: Parameters<typeof containerRecord>[1] = {},
  ): string => {
    const id = hex(name);
    made.store.containers.add(containerRecord(id, { name, ...change }), []);
    if (running) {
      made.now.set(id, UP);
      used.set(id, USED);
    }
    return id;
  };
  return { ...made, ctx, used, clock, add, [Symbol.dispose]: () => made[Symbol.dispose]() };
}

async function first(readings: AsyncIterable<readonly ContainerUsage[]>): Promise<readonly ContainerUsage[]> {
  for await (const rows of readings) return rows;
  return [];
}

const all: Selection = { names: [], all: false };

test("one reading: since the start, of a whole processor, without the loopback link", async () => {
  using w = world();
  w.add("a", true);
  expect(await first(containerStats(w.ctx, all, ONCE))).toEqual([
    {
      id: hex("a"),
      name: "a",
      podId: "",
      podName: "",
      at: NOW,
      startedAt: NOW - 10_000,
      cpuNanoseconds: 5e9,
      cpuSystemNanoseconds: 1e9,
      cpuPercent: 50,
      averageCpuPercent: 50,
      memory: GIB,
      memoryLimit: 2 * GIB,
      memoryPercent: 50,
      netInput: 11,
      netOutput: 22,
      blockInput: 1,
      blockOutput: 2,
      pids: 3,
    },
  ]);
});

test("without a limit, or with one beyond it, the machine's memory is the limit", async () => {
  using w = world();
  const id = w.add("a", true);
  for (const memoryLimit of [undefined, 99 * GIB]) {
    w.used.set(id, { ...USED, memoryLimit });
    const [row] = await first(containerStats(w.ctx, all, ONCE));
    expect([row?.memoryLimit, row?.memoryPercent]).toEqual([8 * GIB, 12.5]);
  }
});

test("later readings count since the last one, a new run since its start", async () => {
  using w = world();
  w.store.pods.add(podRecord(hex("f"), { name: "pod" }), undefined);
  const id = w.add("a", true, { podId: hex("f") });
  const readings = podStats(w.ctx, all, STREAM)[Symbol.asyncIterator]();
  const next = async () => ((await readings.next()).value as readonly ContainerUsage[])[0];
  await next();
  w.clock.time += 2000;
  w.used.set(id, { ...USED, cpuNanoseconds: 8e9 });
  const second = await next();
  expect([second?.cpuPercent, second?.averageCpuPercent]).toEqual([150, (8 / 12) * 100]);
  w.clock.time += 2000;
  w.now.set(id, { ...UP, startedAt: w.clock.time - 1000 });
  w.used.set(id, { ...USED, cpuNanoseconds: 1e8 });
  expect((await next())?.cpuPercent).toBe(10);
  w.now.delete(id);
  expect((await next())?.pids).toBe(0);
  w.store.containers.remove(id);
  expect((await readings.next()).value).toEqual([]);
  await readings.return?.(undefined);
});

test("who is chosen: what is up, or all but infra and those without a cgroup, or who is named", async () => {
  using w = world();
  w.store.pods.add(
    podRecord(hex("f"), { name: "pod", infraId: hex("e") }),
    containerRecord(hex("e"), { name: "infra", infra: true, podId: hex("f") }),
  );
  const up = w.add("a", true);
  const idle = w.add("b", false, { created: 2 });
  w.add("c", true, { cgroups: "disabled" });
  w.now.set(w.add("d", true), { ...UP, status: "paused" });
  const names = async (selection: Selection, options = ONCE) =>
    (await first(containerStats(w.ctx, selection, options))).map(({ name }) => name).sort();
  expect(await names(all)).toEqual(["a", "d"]);
  expect(await names({ names: [], all: true })).toEqual(["a", "b", "d"]);
  expect(await names({ names: [idle, up], all: false })).toEqual(["a", "b"]);
  await expect(names({ names: ["c"], all: false })).rejects.toThrow("does not have a cgroup");
  await expect(names({ names: ["x"], all: false })).rejects.toThrow(
    'unable to get list of containers: no container with name or ID "x" found',
  );
  await expect(names(all, { ...ONCE, interval: 0 })).rejects.toThrow("invalid interval");
});

test("a pod's infra record shows the pod's network; a member with the host's shows nothing", async () => {
  using w = world();
  const infra = containerRecord(hex("e"), { name: "infra", infra: true, podId: hex("f") });
  w.store.pods.add(podRecord(hex("f"), { name: "pod", infraId: hex("e") }), infra);
  w.up.add(hex("f"));
  const pod = w.store.pods.get(hex("f"));
  w.store.pods.updateState(hex("f"), (state) => ({
    ...state,
    sandbox: { bootId: "b", startedAt: 1, interfaces: [], ports: [] },
  }));
  expect(pod?.config.name).toBe("pod");
  const [row] = await first(containerStats(w.ctx, { names: ["infra"], all: false }, ONCE));
  expect([row?.netInput, row?.netOutput, row?.pids]).toEqual([7, 8, 0]);
  const base = infra.config.network;
  w.add("h", true, { network: { ...base, mode: { kind: "host" } } });
  w.add("s", true, { network: { ...base, mode: { kind: "container", container: hex("h") } } });
  for (const name of ["h", "s"]) {
    const [usage] = await first(containerStats(w.ctx, { names: [name], all: false }, ONCE));
    expect([name, usage?.netInput]).toEqual([name, 0]);
  }
});

test("pods: their members, those that do not run too", async () => {
  using w = world();
  w.store.pods.add(podRecord(hex("f"), { name: "pod" }), undefined);
  w.add("a", true, { podId: hex("f") });
  w.add("b", false, { podId: hex("f") });
  w.add("c", true);
  const rows = await first(podStats(w.ctx, all, ONCE));
  expect(rows.map(({ name, podName, pids }) => [name, podName, pids])).toEqual([
    ["a", "pod", 3],
    ["b", "pod", 0],
  ]);
  await expect(first(podStats(w.ctx, { names: ["x"], all: false }, ONCE))).rejects.toThrow(
    "unable to get list of pods: no pod with name or ID x found: no such pod",
  );
});

test("percentages are never negative, and never no numbers", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: -5000, max: 5000 }), async (a, b, step) => {
      using w = world();
      w.store.pods.add(podRecord(hex("f"), { name: "pod" }), undefined);
      const id = w.add("a", true, { podId: hex("f") });
      w.used.set(id, { ...USED, cpuNanoseconds: a });
      const readings = podStats(w.ctx, all, STREAM);
      const iterator = readings[Symbol.asyncIterator]();
      await iterator.next();
      w.used.set(id, { ...USED, cpuNanoseconds: b });
      w.clock.time += step;
      const waited = iterator.next();
      const { value } = await waited;
      for (const row of value as readonly ContainerUsage[]) {
        expect(row.cpuPercent).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(row.averageCpuPercent)).toBe(true);
      }
      await iterator.return?.(undefined);
    }),
    { numRuns: 20 },
  );
});
