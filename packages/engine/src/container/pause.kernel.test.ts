import { expect, test } from "bun:test";
import { openTestEngine, type TestEngine } from "../../testing/container-engine.ts";
import { inOwnNamespaces, temporaryDirectory } from "../../testing/kernel.ts";
import { RecordedEvents } from "../../testing/quiet.ts";
import type { ContainerConfig } from "../ports/container-record.ts";
import { statusOf } from "./facts.ts";
import { placesOf } from "./places.ts";

inOwnNamespaces(import.meta.path, () => {
  const one = (id: string) => ({ names: [id], all: false });
  const remove = { force: true, ignore: false, volumes: true, depend: true, timeout: 0 };

  async function start(engine: TestEngine, change: Partial<ContainerConfig> = {}): Promise<string> {
    const id = engine.add(["sleep", "100"], change);
    const [outcome] = await engine.containers.start(one(id));
    expect(outcome?.error).toBeUndefined();
    return id;
  }

  function look(engine: TestEngine, id: string) {
    const record = engine.ctx.store.containers.get(id);
    if (record === undefined) throw new Error("it is gone");
    return { status: statusOf(engine.ctx, record), noted: record.state.run?.paused === true };
  }

  async function finish(engine: TestEngine): Promise<void> {
    const outcomes = await engine.containers.remove({ names: [], all: true }, remove);
    for (const { error } of outcomes) expect(error).toBeUndefined();
    await engine.ctx.cgroups.remove(`/podwright-test-${engine.ctx.settings.storeId}`);
  }

  test("note and freezer together are `paused`; one alone, left by a killed command, is not", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const { cgroups, store, settings } = engine.ctx;
    const id = await start(engine);
    const record = store.containers.get(id);
    const cgroup = record === undefined ? "" : placesOf(settings, record.config).cgroup;
    const note = (paused: boolean) =>
      store.containers.updateState(id, (state) => {
        if (state.run === undefined) return state;
        const { paused: _before, ...run } = state.run;
        return { ...state, run: paused ? { ...run, paused } : run };
      });
    // Killed between the note and the freezing.
    note(true);
    expect(look(engine, id)).toEqual({ status: "running", noted: true });
    const [again] = await engine.containers.pause(one(id));
    expect(again?.error).toBeUndefined();
    expect(look(engine, id)).toEqual({ status: "paused", noted: true });
    // Killed between the thawing and the note's end.
    cgroups.thaw(cgroup);
    expect(look(engine, id)).toEqual({ status: "running", noted: true });
    // The next command that changes something takes the stale note away.
    await engine.containers.kill(one(id), "CONT");
    expect(look(engine, id)).toEqual({ status: "running", noted: false });
    await engine.containers.pause(one(id));
    await engine.containers.unpause(one(id));
    expect(look(engine, id)).toEqual({ status: "running", noted: false });
    // Somebody else's doing is not ours to tell of.
    await cgroups.freeze(cgroup);
    expect(look(engine, id).status).toBe("running");
    await finish(engine);
  });

  test("a failure to freeze leaves it running and without a note", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = await start(engine);
    const ctx = engine.ctx;
    const failing = {
      ...ctx,
      cgroups: Object.assign(Object.create(ctx.cgroups), {
        freeze: () => Promise.reject(new Error("a device does not answer")),
      }) as typeof ctx.cgroups,
    };
    const { pauseContainers } = await import("./pause.ts");
    const [outcome] = await pauseContainers(failing, one(id));
    expect(outcome?.error?.message).toBe("a device does not answer");
    expect(look(engine, id)).toEqual({ status: "running", noted: false });
    await finish(engine);
  });

  test("each pause and unpause is one event, and nothing else is", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const { events } = engine.ctx;
    if (!(events instanceof RecordedEvents)) throw new Error("events are not recorded");
    const id = await start(engine);
    const before = events.written.length;
    await engine.containers.pause(one(id));
    await engine.containers.pause(one(id));
    await engine.containers.unpause({ names: [], all: true });
    await engine.containers.unpause(one(id));
    expect(events.written.slice(before).map((event) => [event.status, event.id])).toEqual([
      ["pause", id],
      ["unpause", id],
    ]);
    await finish(engine);
  });

  test("pause and kill side by side end with an end", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    for (let round = 0; round < 5; round++) {
      const id = await start(engine);
      const results = await Promise.all([
        engine.containers.pause(one(id)),
        engine.containers.kill(one(id), "KILL"),
      ]);
      expect(results[1][0]?.error).toBeUndefined();
      expect(look(engine, id).status).toBe("exited");
      await engine.containers.remove(one(id), remove);
    }
    await finish(engine);
  });
});
