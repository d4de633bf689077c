import { expect, test } from "bun:test";
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { openTestEngine, type TestEngine } from "../../../testing/container-engine.ts";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../testing/kernel.ts";
import type { RecordedEvents } from "../../../testing/quiet.ts";
import { placesOf } from "../places.ts";
import { healthNow } from "./health-now.ts";
import { runCheck } from "./run-check.ts";
import { waitFor } from "../../../testing/waiting.ts";

const CHECK: HealthRequest = {
  test: ["CMD", "true"],
  interval: 0,
  timeout: 5000,
  startPeriod: 0,
  retries: 2,
};

inOwnNamespaces(import.meta.path, () => {
  async function started(engine: TestEngine, check: Partial<HealthRequest>): Promise<string> {
    const id = engine.add(["sh", "-c", "trap 'exit 9' TERM; sleep 1000 & wait"], {
      health: { ...CHECK, ...check },
    });
    const [outcome] = await engine.containers.start({ names: [id], all: false });
    expect(outcome?.error).toBeUndefined();
    return id;
  }

  async function gone(engine: TestEngine, id: string): Promise<void> {
    const options = { force: true, ignore: false, volumes: true, depend: false, timeout: 0 };
    await engine.containers.remove({ names: [id], all: false }, options);
  }

  function healthOf(engine: TestEngine, id: string) {
    const record = engine.ctx.store.containers.get(id);
    return record === undefined ? undefined : healthNow(engine.ctx, record);
  }

  /** Command lines of what runs in the container beside its init. */
  function others(engine: TestEngine, id: string): string[] {
    const record = engine.ctx.store.containers.get(id);
    if (record === undefined) return [];
    const init = record.state.run?.pid?.pid;
    return engine.ctx.cgroups
      .processes(placesOf(engine.ctx.settings, record.config).cgroup)
      .filter((pid) => pid !== init)
      .map((pid) => sh(`tr '\\0' ' ' < /proc/${pid}/cmdline || true`))
      .filter((line) => !line.startsWith("sleep 1000"));
  }

  test("results, streak, output and events; nothing is left in the bundle", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const command = ["CMD-SHELL", "echo out; echo err >&2; echo again; [ -e /well ]"];
    const id = await started(engine, { test: command, logDestination: "events_logger" });
    expect(healthOf(engine, id)).toMatchObject({ status: "starting", failingStreak: 0 });
    const first = await runCheck(engine.ctx, id);
    expect(first?.result).toEqual({ status: "unhealthy", exitCode: 1, output: "out\nerr\nagain\n" });
    await runCheck(engine.ctx, id);
    expect(healthOf(engine, id)).toMatchObject({ status: "unhealthy", failingStreak: 2 });
    sh(`touch ${engine.ctx.settings.runRoot}/containers/${id}/rootfs/well`);
    expect((await runCheck(engine.ctx, id))?.result.status).toBe("healthy");
    expect(healthOf(engine, id)).toMatchObject({ status: "healthy", failingStreak: 0 });
    const events = (engine.ctx.events as RecordedEvents).written.filter(
      ({ status }) => status === "health_status",
    );
    expect(events.map((event) => [event.healthStatus, event.healthFailingStreak])).toEqual([
      ["starting", 1],
      ["unhealthy", 2],
      ["healthy", 0],
    ]);
    expect(JSON.parse(events[0]?.healthLog ?? "")).toMatchObject({
      ExitCode: 1,
      Output: "out\nerr\nagain\n",
    });
    const bundle = `${engine.ctx.settings.runRoot}/containers/${id}`;
    expect(readdirSync(`${bundle}/exec`)).toEqual([]);
    expect(existsSync(`${bundle}/health-check`)).toBe(false);
    await gone(engine, id);
    expect(readdirSync(`${engine.ctx.settings.runRoot}/locks`)).toEqual([]);
  });

  test("a check that hangs is ended with its children, whatever session they are in", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const command = [
      "CMD-SHELL",
      "echo before; sleep 301 & setsid sh -c 'setsid sleep 302 & sleep 303' & sleep 304",
    ];
    const id = await started(engine, { test: command, timeout: 1500 });
    const before = performance.now();
    const checked = await runCheck(engine.ctx, id);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(checked).toMatchObject({ timedOut: true, result: { exitCode: -1, output: "before\n" } });
    await waitFor("the end of all of them", () => others(engine, id).length === 0);
    await gone(engine, id);
  });

  test("one whose runner was killed is ended by the next", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = await started(engine, {
      test: ["CMD-SHELL", "[ -e /second ] || { touch /second; sleep 305; }"],
    });
    const script = `
      const { openTestEngine } = await import(${JSON.stringify(import.meta.resolve("../../../testing/container-engine.ts"))});
      const { runCheck } = await import(${JSON.stringify(import.meta.resolve("./run-check.ts"))});
      await runCheck(openTestEngine(${JSON.stringify(dir.path)}).ctx, ${JSON.stringify(id)});`;
    const runner = Bun.spawn([process.execPath, "-e", script], { stdout: "ignore", stderr: "inherit" });
    await waitFor("the check", () => others(engine, id).some((line) => line.includes("305")));
    runner.kill(9);
    await runner.exited;
    expect(others(engine, id)).not.toEqual([]);
    expect((await runCheck(engine.ctx, id))?.result.status).toBe("healthy");
    expect(others(engine, id)).toEqual([]);
    await gone(engine, id);
  });

  test("a command that is not there has failed; so has one that may not run", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = await started(engine, { test: ["CMD", "/no/such/check"] });
    const checked = await runCheck(engine.ctx, id);
    expect(checked?.result).toMatchObject({ status: "unhealthy", exitCode: 1 });
    expect(checked?.result.output).toContain("no such file or directory");
    await gone(engine, id);
  });

  test("of a long output the first characters are kept, whole", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const shout = "i=0; while [ $i -lt 3000 ]; do printf 'ä%d,' $i; i=$((i+1)); done";
    const limited = await started(engine, { test: ["CMD-SHELL", shout], maxLogSize: 7 });
    expect((await runCheck(engine.ctx, limited))?.result.output).toBe("ä0,ä1,ä");
    await gone(engine, limited);
    const unlimited = await started(engine, { test: ["CMD-SHELL", shout], maxLogSize: 0 });
    expect((await runCheck(engine.ctx, unlimited))?.result.output).toEndWith("ä2999,");
    await gone(engine, unlimited);
  });

  test("two at once take turns", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    // Fails where another one is at work.
    const command = ["CMD-SHELL", "mkdir /busy && sleep 0.2 && rmdir /busy"];
    const id = await started(engine, { test: command });
    const both = await Promise.all([runCheck(engine.ctx, id), runCheck(engine.ctx, id)]);
    expect(both.map((checked) => checked?.result.status)).toEqual(["healthy", "healthy"]);
    await gone(engine, id);
  });

  test("checks write nothing to the state's database", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = await started(engine, { test: ["CMD", "false"], retries: 3 });
    const files = readdirSync(engine.ctx.settings.root).filter((name) => name.startsWith("state"));
    expect(files.length).toBeGreaterThan(0);
    const look = () =>
      files.map((name) => {
        const { mtimeMs, size } = statSync(`${engine.ctx.settings.root}/${name}`);
        return { name, mtimeMs, size };
      });
    const before = look();
    for (let i = 0; i < 10; i += 1) await runCheck(engine.ctx, id);
    expect(healthOf(engine, id)?.failingStreak).toBe(10);
    expect(look().filter(({ name }) => !name.endsWith("-shm"))).toEqual(
      before.filter(({ name }) => !name.endsWith("-shm")),
    );
    await gone(engine, id);
  });

  test("unhealthy: killed, stopped; a start begins anew", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    for (const [onFailure, exitCode] of [
      ["kill", 137],
      ["stop", 9],
    ] as const) {
      const id = await started(engine, { test: ["CMD", "false"], retries: 1, onFailure });
      expect((await runCheck(engine.ctx, id))?.state.status).toBe("unhealthy");
      expect(engine.ctx.store.containers.get(id)?.state.exit?.exitCode).toBe(exitCode);
      expect(healthOf(engine, id)).toMatchObject({ status: "unhealthy", failingStreak: 1 });
      expect(await runCheck(engine.ctx, id)).toBeUndefined();
      await engine.containers.start({ names: [id], all: false });
      expect(healthOf(engine, id)).toMatchObject({ status: "starting", failingStreak: 0, log: [] });
      await gone(engine, id);
    }
  });

  test("results in a directory of the user's", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const logDestination = `${dir.path}/results`;
    mkdirSync(logDestination);
    const id = await started(engine, { test: ["CMD", "echo", "told"], logDestination });
    await runCheck(engine.ctx, id);
    const log: unknown = JSON.parse(readFileSync(`${logDestination}/${id}-healthcheck.log`, "utf8"));
    expect(log).toMatchObject({
      Status: "healthy",
      FailingStreak: 0,
      Log: [{ ExitCode: 0, Output: "told\n" }],
    });
    await gone(engine, id);
  });
});
