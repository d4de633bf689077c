import { expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { openTestEngine, type TestEngine } from "../../testing/container-engine.ts";
import { inOwnNamespaces, temporaryDirectory } from "../../testing/kernel.ts";
import { containerConfig } from "../../testing/records.ts";
import type { ContainerConfig } from "../ports/container-record.ts";

inOwnNamespaces(import.meta.path, () => {
  const defaults = containerConfig("0".repeat(64));
  const one = (id: string) => ({ names: [id], all: false });
  const remove = { force: true, ignore: false, volumes: true, depend: false, timeout: 0 };
  const untilEnd = { conditions: [], ignore: false, exitFirstMatch: false };

  async function start(engine: TestEngine, args: readonly string[], change: Partial<ContainerConfig> = {}) {
    const id = engine.add(args, change);
    const [outcome] = await engine.containers.start(one(id));
    expect(outcome?.error).toBeUndefined();
    return id;
  }

  async function finish(engine: TestEngine): Promise<void> {
    for (const { error } of await engine.containers.remove(
      { names: [], all: true },
      { ...remove, depend: true },
    )) {
      expect(error).toBeUndefined();
    }
    await engine.ctx.cgroups.remove(`/podwright-test-${engine.ctx.settings.storeId}`);
  }

  test("conmon has a session of its own and nothing of the caller's: no secret, descriptor, directory", async () => {
    using dir = temporaryDirectory();
    process.env["A_SECRET"] = "hidden";
    const engine = openTestEngine(dir.path);
    const id = await start(engine, ["sleep", "100"]);
    const pid = engine.ctx.store.containers.get(id)?.state.run?.monitor?.pid ?? 0;
    const bundle = `${engine.ctx.settings.runRoot}/containers/${id}`;
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("hidden");
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(bundle);
    expect(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[3]).toBe(String(pid));
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    const known = /^(\/dev\/null|\/dev\/ptmx|pipe:|socket:|anon_inode:|\/sys\/fs\/cgroup\/)/;
    const strange = files.filter((file) => !known.test(file) && !file.startsWith(dir.path));
    expect(strange).toEqual([]);
    const [init] = files.filter((file) => file.includes("state.db") || file.includes("/locks/"));
    expect(init).toBeUndefined();
    await finish(engine);
  });

  test("what a container requires is started first, and must be removed after it", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const first = engine.add(["sleep", "100"]);
    const second = engine.add(["sleep", "100"], { dependencies: [first] });
    await engine.containers.start(one(second));
    const startedAt = (id: string) => engine.ctx.store.containers.get(id)?.state.run?.startedAt ?? 0;
    expect(startedAt(first)).toBeGreaterThan(0);
    expect(startedAt(second)).toBeGreaterThan(startedAt(first));
    const [refused] = await engine.containers.remove(one(first), remove);
    expect(refused?.error?.message).toBe(
      `container ${first} has dependent containers which must be removed before it: ${second}: container already exists`,
    );
    await engine.containers.remove(one(first), { ...remove, depend: true });
    expect(engine.ctx.store.containers.list()).toEqual([]);
    await finish(engine);
  });

  test("--timeout ends it with -1, the memory limit with 137 and a note why", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const slow = await start(engine, ["sleep", "100"], { process: { ...defaults.process, timeout: 1 } });
    const greedy = await start(engine, ["sh", "-c", "x=$(seq 1 90000000)"], { limits: { memory: 16 << 20 } });
    const ends = await engine.containers.wait([slow, greedy], untilEnd);
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([-1, 137]);
    await engine.containers.cleanup(
      { names: [slow, greedy], all: false },
      { remove: false, stoppedOnly: true },
    );
    expect(engine.ctx.store.containers.get(greedy)?.state.exit?.oomKilled).toBe(true);
    expect(engine.ctx.store.containers.get(slow)?.state.exit?.oomKilled).toBe(false);
    await finish(engine);
  });

  test("in the host's pid namespace the stop takes every process of the container along", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = await start(engine, ["sh", "-c", "sleep 1000 & sleep 1000 & wait"], {
      namespaces: { ...defaults.namespaces, pid: { kind: "host" } },
    });
    const cgroup = `/podwright-test-${engine.ctx.settings.storeId}/${id}`;
    while (engine.ctx.cgroups.processes(cgroup).length < 3) await Bun.sleep(5);
    const pids = engine.ctx.cgroups.processes(cgroup);
    await engine.containers.stop(one(id), { timeout: 0, ignore: false });
    expect(pids.filter((pid) => engine.ctx.processes.identify(pid) !== undefined)).toEqual([]);
    expect(engine.ctx.cgroups.exists(cgroup)).toBe(false);
    await finish(engine);
  });

  test("starts, stops and removals of one container at once leave it in one piece", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sleep", "100"]);
    const others = openTestEngine(dir.path);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([
        engine.containers.start(one(id)),
        others.containers.start(one(id)),
        engine.containers.stop(one(id), { timeout: 0, ignore: false }),
        others.containers.restart(one(id), { timeout: 0, ignore: false, runningOnly: false }),
      ]);
    }
    const [gone, already] = await Promise.all([
      engine.containers.remove(one(id), remove),
      others.containers.remove(one(id), remove),
    ]);
    expect([gone[0]?.error, already[0]?.error]).toEqual([undefined, undefined]);
    expect(readdirSync(`${engine.ctx.settings.runRoot}/containers`)).toEqual([]);
    await finish(engine);
  });
});
