import { expect, test } from "bun:test";
import { openTestEngine } from "../../testing/container-engine.ts";
import { inOwnNamespaces, temporaryDirectory } from "../../testing/kernel.ts";
import { healContainer } from "./heal.ts";
import { placesOf } from "./places.ts";
import { beginUpdate } from "./settle-update.ts";
import { updateContainer } from "./update.ts";

const MIB = 1 << 20;

inOwnNamespaces(import.meta.path, () => {
  test("what a killed update has done to the cgroup is put back; what a whole one did stays", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const { ctx } = engine;
    const id = engine.add(["sleep", "60"], { limits: { pids: 50 } });
    await engine.containers.start({ names: [id], all: false });
    const record = () => {
      const found = ctx.store.containers.get(id);
      if (found === undefined) throw new Error("it is gone");
      return found;
    };
    const { cgroup } = placesOf(ctx.settings, record().config);
    const now = (resources: Parameters<typeof ctx.cgroups.apply>[1]) =>
      Object.fromEntries(ctx.cgroups.limitsNow(cgroup, resources).map(({ file, value }) => [file, value]));
    const wanted = {
      memory: { limit: 100 * MIB, swap: 200 * MIB },
      cpu: { shares: 99 },
      pids: { limit: 60 },
    };
    const before = ctx.cgroups.limitsNow(cgroup, wanted);
    const values = now(wanted);

    beginUpdate(ctx, id, before);
    ctx.cgroups.apply(cgroup, wanted);
    expect(now(wanted)).not.toEqual(values);
    await healContainer(ctx, id);
    expect(now(wanted)).toEqual(values);
    expect([record().phase, record().state.updating]).toEqual(["ready", undefined]);

    await updateContainer(ctx, id, { limits: { pids: 70, cpuShares: 99 } });
    expect(now({ pids: { limit: 0 } })).toEqual({ "pids.max": "70" });
    expect(record().config.limits).toEqual({ pids: 70, cpuShares: 99 });
    expect([record().phase, record().state.updating]).toEqual(["ready", undefined]);
    expect(updateContainer(ctx, id, { limits: { pids: 80, cpusetCpus: "999" } })).rejects.toThrow(
      "cpuset.cpus",
    );
    expect(now({ pids: { limit: 0 } })).toEqual({ "pids.max": "70" });
    expect([record().config.limits.pids, record().phase]).toEqual([70, "ready"]);
    // A run that has ended has nothing to put back.
    beginUpdate(ctx, id, before);
    await engine.containers.stop({ names: [id], all: false }, { timeout: 0, ignore: false });
    expect(record().phase).toBe("ready");
  });
});
