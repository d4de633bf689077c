import { expect, test } from "bun:test";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { openTestEngine, type TestEngine } from "../../testing/container-engine.ts";
import { inOwnNamespaces, temporaryDirectory } from "../../testing/kernel.ts";
import { readContainersConf } from "../config/containers-conf.ts";
import { inspectContainer } from "../container/inspect.ts";
import { listContainers } from "../container/list.ts";
import type { ContainerViewContext } from "../container/view-context.ts";
import type { Core } from "./core.ts";
import { viewContext } from "./views.ts";
import { waitFor } from "../../testing/waiting.ts";

const FORCE = { force: true, ignore: false, volumes: true, depend: false };
const ALL = { all: true, filters: {}, size: true, namespaces: true };

inOwnNamespaces(import.meta.path, () => {
  function views(engine: TestEngine): ContainerViewContext {
    const { ctx } = engine;
    const { root, runRoot, storeId, cgroup, uid, self } = ctx.settings;
    const config = readContainersConf({ CONTAINERS_CONF: "/nonexistent.conf" });
    const identity = ctx.processes.identify(process.pid);
    if (identity === undefined) throw new Error("this process is not in /proc");
    const core: Core = {
      ...ctx,
      settings: {
        root,
        runRoot,
        storeId,
        cgroup,
        cgroupControllers: undefined,
        uid,
        self,
        config,
        storageConf: "",
      },
      self: identity,
      env: {},
      eventFile: () => undefined,
      ready: () => Promise.resolve(),
    };
    return viewContext(core);
  }

  test("ps and inspect follow a real container from before its start to after its removal", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const ctx = views(engine);
    const id = engine.add(["sh", "-c", "printf 12345 > /tmp/written; exec sleep 100"], { name: "web" });
    const row = () => listContainers(ctx, ALL)[0];
    const one = { names: [id], all: false };
    expect(row()).toMatchObject({ name: "web", status: "configured", pid: 0, startedAt: 0 });
    expect(inspectContainer(ctx, "web", { size: false }).State).toMatchObject({ Status: "created", Pid: 0 });

    await engine.containers.start(one);
    const pid = row()?.pid ?? 0;
    await waitFor("it to be seen", () => readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n");
    expect(row()).toMatchObject({ status: "running", exited: false, size: { rw: 5 } });
    expect(row()?.namespaces?.pidns).toBe(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[0] ?? "");
    expect(row()?.namespaces?.mnt).not.toBe(/\d+/.exec(readlinkSync("/proc/self/ns/mnt"))?.[0]);
    const json = inspectContainer(ctx, id.slice(0, 12), { size: true });
    expect(json).toMatchObject({ SizeRw: 5, State: { Status: "running", Running: true, Pid: pid } });
    expect(existsSync(`/proc/${json.State.ConmonPid}`)).toBe(true);
    expect(readFileSync(`/proc/${pid}/cgroup`, "utf8")).toContain(json.State.CgroupPath ?? "none");
    for (const path of [
      json.OCIConfigPath,
      json.GraphDriver.Data["MergedDir"],
      json.HostConfig.LogConfig.Path,
    ]) {
      expect(existsSync(path ?? "")).toBe(true);
    }
    const { SandboxKey } = json.NetworkSettings;
    expect(existsSync(SandboxKey)).toBe(true);

    await engine.containers.stop(one, { timeout: 0, ignore: false });
    expect(row()).toMatchObject({ status: "exited", exited: true, exitCode: 137, pid: 0 });
    const after = inspectContainer(ctx, id, { size: false });
    expect(after.State).toMatchObject({
      Status: "exited",
      Running: false,
      Pid: 0,
      ExitCode: 137,
      StoppedByUser: true,
    });
    expect(after.State).not.toHaveProperty("CgroupPath");
    expect(Date.parse(after.State.FinishedAt)).toBeGreaterThanOrEqual(Date.parse(after.State.StartedAt));

    await engine.containers.remove(one, { force: false, ignore: false, volumes: true, depend: false });
    expect(row()).toBeUndefined();
    expect(() => inspectContainer(ctx, id, { size: false })).toThrow(`no such container ${id}`);
    await engine.ctx.cgroups.remove(`/podwright-test-${engine.ctx.settings.storeId}`);
  });

  test("looking changes nothing, not even where a container has ended unseen", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const ctx = views(engine);
    const id = engine.add(["sh", "-c", "exit 3"]);
    await engine.containers.start({ names: [id], all: false });
    const row = () => listContainers(ctx, ALL)[0];
    await waitFor("it to be seen", () => row()?.exited === true);
    expect(row()).toMatchObject({ exitCode: 3, pid: 0 });
    const before = JSON.stringify(ctx.store.containers.get(id));
    inspectContainer(ctx, id, { size: true });
    listContainers(ctx, ALL);
    expect(JSON.stringify(ctx.store.containers.get(id))).toBe(before);
    await engine.containers.remove({ names: [id], all: false }, FORCE);
    await engine.ctx.cgroups.remove(`/podwright-test-${engine.ctx.settings.storeId}`);
  });

  test("a container whose monitor was killed is seen to end, with an exit code that nobody knows", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const ctx = views(engine);
    const id = engine.add(["sleep", "100"]);
    await engine.containers.start({ names: [id], all: false });
    const { ConmonPid = 0, Pid } = inspectContainer(ctx, id, { size: false }).State;
    process.kill(ConmonPid, "SIGKILL");
    const row = () => listContainers(ctx, ALL)[0];
    await waitFor(
      "it to be seen",
      () => ctx.store.containers.get(id) !== undefined && !existsSync(`/proc/${ConmonPid}/exe`),
    );
    expect(row()).toMatchObject({ status: "running", pid: Pid });
    process.kill(Pid, "SIGKILL");
    await waitFor("it to be seen", () => row()?.exited === true);
    expect(row()).toMatchObject({ status: "stopped", exitCode: -1, pid: 0 });
    expect(row()?.exitedAt).toBe(row()?.startedAt ?? 0);
    await engine.containers.remove({ names: [id], all: false }, FORCE);
    await engine.ctx.cgroups.remove(`/podwright-test-${engine.ctx.settings.storeId}`);
  });
});
