/** Health checks of containers: who finds out, what is done about it, and that nobody is left awake. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, setting, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { expectNoSupervisor, supervisors } from "./supervisors.ts";
import { asSeenInside, rootOnly } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
const REGISTRY = setting("REGISTRY");
let before: HostState;

beforeAll(async () => {
  await warmUp(engine);
  // The supervisor's folders stay, as others do.
  await ok("run", "-d", "--name", "first", "--health-cmd", "true", "busybox", "sleep", "1000");
  await ok("wait", "--condition", "healthy", "first");
  await ok("rm", "-f", "-t0", "first");
  await noSupervisor();
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log:
    | readonly { readonly Start: string; readonly ExitCode: number; readonly Output: string }[]
    | null;
}

const health = async (name: string): Promise<Health> =>
  JSON.parse(await ok("inspect", "--format", "{{json .State.Health}}", name)) as Health;
const state = (name: string): Promise<string> => ok("inspect", "--format", "{{.State.Status}}", name);

/** Ends at once when it is asked to; is healthy while /well is there. */
const SLEEP = ["busybox", "sh", "-c", "trap 'exit 5' TERM; sleep 1000 & wait"];
const WELL = ["--health-cmd", "cat /well", "--health-interval", "200ms"];

const run = (name: string, ...flags: readonly string[]): Promise<string> =>
  ok("run", "-d", "--name", name, ...flags, ...SLEEP);
const gone = (...names: readonly string[]): Promise<string> => ok("rm", "-f", "-t0", ...names);

/** What the supervisor has written down. */
function keptStreak(id: string): number {
  const file = readFileSync(join(asSeenInside(engine.runRoot), "watched", `${id}.json`), "utf8");
  return (JSON.parse(file) as { health: { failingStreak: number } }).health.failingStreak;
}

function processes(words: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").includes(words);
      } catch {
        return false;
      }
    });
}

const noSupervisor = (): Promise<void> => expectNoSupervisor(engine);

describe("what is found", () => {
  test("starting, unhealthy after as many failures as retries, healthy: in inspect, ps, wait and events", async () => {
    const id = await run("patient", ...WELL, "--health-retries", "3");
    expect(["starting", "unhealthy"]).toContain((await health("patient")).Status);
    await ok("wait", "--condition", "unhealthy", "patient");
    const found = await health("patient");
    expect(found.FailingStreak).toBeGreaterThanOrEqual(3);
    expect(found.Log?.[0]).toMatchObject({
      ExitCode: 1,
      Output: "cat: can't open '/well': No such file or directory\n",
    });
    expect(await ok("ps", "--format", "{{.Status}}", "--filter", "health=unhealthy")).toMatch(
      /^Up .* \(unhealthy\)$/,
    );
    expect(supervisors(engine)).toHaveLength(1);

    await ok("exec", "patient", "sh", "-c", "echo fine > /well");
    await ok("wait", "--condition", "healthy", "patient");
    expect(await health("patient")).toMatchObject({ Status: "healthy", FailingStreak: 0 });
    expect((await health("patient")).Log?.at(-1)).toMatchObject({ ExitCode: 0, Output: "fine\n" });
    expect(await ok("ps", "-q", "--no-trunc", "--filter", "health=healthy")).toBe(id);
    expect(await ok("ps", "-q", "--filter", "health=unhealthy")).toBe("");

    await waitFor(
      "five results",
      async () => ((await health("patient")).Log?.length ?? 0) === 5 || undefined,
    );
    const told = await ok(
      "events",
      "--stream=false",
      "--filter",
      "container=patient",
      "--filter",
      "event=health_status",
      "--format",
      "{{.HealthStatus}}",
    );
    const statuses = told.split("\n");
    expect(statuses.slice(0, 3)).toEqual(["starting", "starting", "unhealthy"]);
    expect(statuses.at(-1)).toBe("healthy");
    await gone("patient");
    await noSupervisor();
  });

  test("failures in the start period do not count", async () => {
    await run("slow", ...WELL, "--health-retries", "1", "--health-start-period", "2s");
    await waitFor("two results", async () => ((await health("slow")).Log?.length ?? 0) >= 2 || undefined);
    expect(await health("slow")).toMatchObject({ Status: "starting", FailingStreak: 0 });
    await ok("wait", "--condition", "unhealthy", "slow");
    const [first, last] = [
      await ok("inspect", "--format", "{{.State.StartedAt}}", "slow"),
      (await health("slow")).Log?.at(-1),
    ];
    expect(Date.parse(last?.Start ?? "") - Date.parse(first)).toBeGreaterThanOrEqual(2000);
    await gone("slow");
  });

  test("a start-up check holds the health check back", async () => {
    await run(
      "startup",
      "--health-cmd=echo checked",
      "--health-interval=200ms",
      "--health-startup-cmd=[ -e /up ] && echo up",
      "--health-startup-interval=200ms",
      "--health-startup-success=2",
    );
    await waitFor("two results", async () => ((await health("startup")).Log?.length ?? 0) >= 2 || undefined);
    const early = await health("startup");
    expect(early).toMatchObject({ Status: "starting", FailingStreak: 0 });
    expect(early.Log?.map(({ Output }) => Output).join("")).toBe("");
    await ok("exec", "startup", "touch", "/up");
    await ok("wait", "--condition", "healthy", "startup");
    await waitFor("the health check", async () => {
      const outputs = (await health("startup")).Log?.map(({ Output }) => Output).join("");
      return outputs?.includes("up\nup\nchecked\n") === true || undefined;
    });
    await gone("startup");
  });

  test("a start-up check that fails too often restarts the container", async () => {
    await run(
      "never-up",
      "--health-cmd=true",
      "--health-startup-cmd=false",
      "--health-startup-interval=200ms",
      "--health-startup-retries=2",
    );
    await waitFor(
      "the restart",
      async () => Number(await ok("inspect", "--format", "{{.RestartCount}}", "never-up")) > 0 || undefined,
    );
    await gone("never-up");
  });

  test("a check that hangs is ended with all that it has started, and has failed", async () => {
    const hang = "echo before; sleep 4711 & setsid sh -c 'setsid sleep 4712 & sleep 4713' & sleep 4714";
    await run(
      "hangs",
      "--health-cmd",
      hang,
      "--health-interval",
      "60s",
      "--health-timeout",
      "600ms",
      "--health-retries",
      "1",
    );
    await waitFor("the check", () => processes("sleep 471").length >= 4 || undefined);
    await ok("wait", "--condition", "unhealthy", "hangs");
    expect((await health("hangs")).Log).toMatchObject([{ ExitCode: -1, Output: "before\n" }]);
    await waitFor("the end of its processes", () => processes("sleep 471").length === 0 || undefined);
    await gone("hangs");
  });

  const pausing = rootOnly("no cgroup is delegated to the user: nothing pauses");
  pausing.test("paused: nobody asks; a restart begins anew", async () => {
    await run("pausing", ...WELL, "--health-retries", "100");
    await waitFor("results", async () => (await health("pausing")).FailingStreak > 9 || undefined);
    await ok("pause", "pausing");
    // A check that is under way may still be noted.
    await Bun.sleep(500);
    const frozen = (await health("pausing")).FailingStreak;
    await Bun.sleep(1000);
    expect((await health("pausing")).FailingStreak).toBe(frozen);
    expect((await pw("healthcheck", "run", "pausing")).stderr).toContain("is not running");
    await ok("unpause", "pausing");
    await waitFor("more results", async () => (await health("pausing")).FailingStreak > frozen || undefined);
    await ok("restart", "pausing");
    expect((await health("pausing")).FailingStreak).toBeLessThan(frozen);
    await gone("pausing");
    await noSupervisor();
  });
});

describe("healthcheck run", () => {
  test("says by its status what came of it; nobody is awake for it", async () => {
    await run(
      "by-hand",
      "--health-cmd",
      "cat /well",
      "--health-interval",
      "disable",
      "--health-retries",
      "2",
    );
    expect(supervisors(engine)).toEqual([]);
    expect(await pw("healthcheck", "run", "by-hand")).toMatchObject({
      code: 1,
      stdout: "unhealthy\n",
      stderr: "",
    });
    expect(await health("by-hand")).toMatchObject({ Status: "starting", FailingStreak: 1 });
    expect(await pw("healthcheck", "run", "--ignore-result", "by-hand")).toMatchObject({
      code: 0,
      stdout: "unhealthy\n",
    });
    expect(await health("by-hand")).toMatchObject({ Status: "unhealthy", FailingStreak: 2 });
    await ok("exec", "by-hand", "touch", "/well");
    expect(await pw("healthcheck", "run", "by-hand")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await health("by-hand")).toMatchObject({ Status: "healthy", FailingStreak: 0 });
    await gone("by-hand");
    await expectAsBefore(engine, before);
  });

  test("in Podman's words when it cannot be run", async () => {
    const id = await run("plain");
    const failure = async (name: string) => {
      const { code, stderr } = await pw("healthcheck", "run", name);
      return [code, stderr];
    };
    expect(await failure("plain")).toEqual([125, `Error: container ${id} has no defined healthcheck\n`]);
    expect(await failure("nobody")).toEqual([
      125,
      'Error: unable to look up nobody to perform a health check: no container with name or ID "nobody" found: no such container\n',
    ]);
    const stopped = await ok("create", "--name", "stopped", "--health-cmd", "true", "busybox");
    expect(await failure("stopped")).toEqual([125, `Error: container ${stopped} is not running\n`]);
    await run(
      "late",
      "--health-cmd",
      "sleep 100",
      "--health-timeout",
      "300ms",
      "--health-interval",
      "disable",
    );
    expect(await failure("late")).toEqual([125, "Error: healthcheck command exceeded timeout of 300ms\n"]);
    expect((await pw("wait", "--condition", "healthy", "plain")).stderr).toBe(
      `Error: cannot use condition "healthy": container ${id} has no healthcheck\n`,
    );
    await gone("plain", "stopped", "late");
  });

  test("results in a directory, cut to size and number", async () => {
    const directory = workDirectory("results-");
    const id = await run(
      "logging",
      "--health-cmd=echo 1234567890",
      "--health-interval=disable",
      "--health-log-destination",
      directory,
      "--health-max-log-count=2",
      "--health-max-log-size=4",
    );
    for (let i = 0; i < 3; i += 1) await ok("healthcheck", "run", "logging");
    const log = JSON.parse(readFileSync(join(directory, `${id}-healthcheck.log`), "utf8")) as Health;
    expect(log.Log?.map(({ Output }) => Output)).toEqual(["1234", "1234"]);
    expect(await health("logging")).toEqual(log);
    const format =
      "{{.Config.HealthLogDestination}} {{.Config.HealthMaxLogCount}} {{.Config.HealthMaxLogSize}}";
    expect(await ok("inspect", "--format", format, "logging")).toBe(`${directory} 2 4`);
    await gone("logging");
  });
});

describe("what is done about it", () => {
  test.each([
    ["kill", 137],
    ["stop", 5],
  ])("--health-on-failure %s", async (action, exitCode) => {
    await run(action, ...WELL, "--health-retries", "2", "--health-on-failure", action);
    expect(await ok("wait", action)).toBe(String(exitCode));
    expect(await state(action)).toBe("exited");
    expect(await health(action)).toMatchObject({ Status: "unhealthy", FailingStreak: 2 });
    await noSupervisor();
    await gone(action);
  });

  test.each([[[]], [["--restart", "always"]]])("--health-on-failure restart %j", async (flags) => {
    // Unhealthy in its first run alone: the second finds what the first has left.
    const once = "[ -e /second ] || { touch /second; exit 1; }";
    await run(
      "again",
      "--health-cmd",
      once,
      "--health-interval=200ms",
      "--health-retries=1",
      "--health-on-failure=restart",
      ...flags,
    );
    await ok("wait", "--condition", "healthy", "again");
    expect(await ok("inspect", "--format", "{{.RestartCount}} {{.State.Status}}", "again")).toBe("1 running");
    expect(await health("again")).toMatchObject({ Status: "healthy", FailingStreak: 0 });
    await ok("stop", "-t0", "again");
    await noSupervisor();
    expect(await state("again")).toBe("exited");
    await gone("again");
  });

  test("none: it goes on", async () => {
    await run("none", ...WELL, "--health-retries", "1");
    await ok("wait", "--condition", "unhealthy", "none");
    expect(await state("none")).toBe("running");
    await gone("none");
  });
});

describe("the supervisor", () => {
  test("killed in the middle of a check, it comes back with the next command and goes on counting", async () => {
    await run(
      "counted",
      "--health-cmd",
      "sleep 0.2; false",
      "--health-interval",
      "200ms",
      "--health-retries",
      "4",
    );
    await waitFor("two failures", async () => (await health("counted")).FailingStreak >= 2 || undefined);
    await waitFor("a check under way", () => processes("sleep 0.2").length > 0 || undefined);
    const [killed = 0] = supervisors(engine);
    process.kill(killed, "SIGKILL");
    await waitFor("its end", () => supervisors(engine).length === 0 || undefined);
    const streak = keptStreak(await ok("inspect", "--format", "{{.Id}}", "counted"));
    await ok("ps");
    await ok("wait", "--condition", "unhealthy", "counted");
    const after = await health("counted");
    expect(after.FailingStreak).toBeGreaterThanOrEqual(4);
    expect(after.FailingStreak).toBeLessThanOrEqual(streak + 4);
    expect(supervisors(engine)).toHaveLength(1);
    expect(supervisors(engine)).not.toContain(killed);
    await gone("counted");
    await noSupervisor();
  });

  test("a check that was hanging when it was killed is ended by its successor", async () => {
    const once = "[ -e /second ] || { touch /second; sleep 4720; }";
    await run("orphan", "--health-cmd", once, "--health-interval", "300ms");
    await waitFor("the check", () => processes("sleep 4720").length > 0 || undefined);
    for (const pid of supervisors(engine)) process.kill(pid, "SIGKILL");
    await ok("ps");
    await ok("wait", "--condition", "healthy", "orphan");
    expect(processes("sleep 4720")).toEqual([]);
    await gone("orphan");
  });

  test("checks of many containers are one process, and write nothing to the state", async () => {
    const names = [...Array(5).keys()].map((n) => `many-${n}`);
    for (const name of names)
      await run(name, "--health-cmd", "false", "--health-interval", "200ms", "--health-retries", "3");
    await waitFor(
      "all of them",
      async () =>
        (await ok("ps", "-q", "--filter", "health=unhealthy")).split("\n").length === 5 || undefined,
    );
    // It grows whenever another connection has committed something.
    using database = new Database(join(engine.root, "state.db"), { readonly: true });
    const version = () => database.query("PRAGMA data_version").get();
    // Without a command of ours, which opens the database: what the supervisor does alone.
    const ids = await Promise.all(names.map((name) => ok("inspect", "--format", "{{.Id}}", name)));
    const untouched = version();
    const earlier = ids.map(keptStreak);
    await Bun.sleep(2000);
    ids.forEach((id, n) => expect(keptStreak(id)).toBeGreaterThan(earlier[n] ?? 0));
    expect(version()).toEqual(untouched);
    expect(supervisors(engine)).toHaveLength(1);
    await gone(...names);
    await noSupervisor();
  });

  test("--rm of a checked container, ended by itself, leaves nothing", async () => {
    await ok("run", "--rm", "--health-cmd", "true", "--health-interval", "100ms", "busybox", "sleep", "0.5");
    await noSupervisor();
    await expectAsBefore(engine, before);
  });
});

describe("HEALTHCHECK of an image", () => {
  test("as Docker's registries have it; overridden in part, and switched off", async () => {
    const config = join(workDirectory("image-"), "config.json");
    const check = { Test: ["CMD-SHELL", "cat /well"], Interval: 2e8, Timeout: 3e9, Retries: 2 };
    writeFileSync(config, JSON.stringify({ Healthcheck: check }));
    await ok("create", "--name", "base", "busybox");
    const image = `${REGISTRY}/health/checked:1`;
    await ok("commit", "-q", "-f", "docker", "--config", config, "base", image);
    await ok("push", "-q", "--format", "v2s2", "--tls-verify=false", image);
    await ok("rmi", image);
    await ok("pull", "-q", "--tls-verify=false", image);

    await ok("run", "-d", "--name", "inherits", image, "sleep", "1000");
    expect(JSON.parse(await ok("inspect", "--format", "{{json .Config.Healthcheck}}", "inherits"))).toEqual(
      check,
    );
    await ok("wait", "--condition", "unhealthy", "inherits");
    await ok("exec", "inherits", "touch", "/well");
    await ok("wait", "--condition", "healthy", "inherits");

    await ok("create", "--name", "overrides", "--health-interval", "7s", image, "sleep", "1000");
    expect(JSON.parse(await ok("inspect", "--format", "{{json .Config.Healthcheck}}", "overrides"))).toEqual({
      ...check,
      Interval: 7e9,
    });
    await ok("run", "-d", "--name", "silent", "--no-healthcheck", image, "sleep", "1000");
    expect(await ok("inspect", "--format", "{{json .Config.Healthcheck}}", "silent")).toBe(
      '{"Test":["NONE"]}',
    );
    const [silent] = (await engine.json("inspect", "silent")) as readonly { readonly State: object }[];
    expect(silent?.State).not.toHaveProperty("Health");
    await gone("base", "inherits", "overrides", "silent");
    await ok("rmi", image);
  });
});
