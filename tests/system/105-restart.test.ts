/** Restart policies: who is started again, after which wait, and what is said meanwhile; the supervisor may be killed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { host, makeOwn, openEngine, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { expectNoSupervisor, killSupervisor, supervisors } from "./supervisors.ts";
import { asSeenInside, USER } from "./user.ts";
import { waitFor, waitForHandler } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;
let notes: string;

beforeAll(async () => {
  before = await warmUp(engine);
  notes = workDirectory("restarts-");
});

afterEach(async () => void (await pw("rm", "-f", "-t", "0", "-a")));

afterAll(() => expectCleanEnd(engine, before));

/** A container that writes the time of each start to a file of its name, then does what `then` says. */
async function start(name: string, then: string, ...flags: readonly string[]): Promise<void> {
  const directory = join(notes, name);
  makeOwn(directory);
  const note = `echo "$(date +%s)" >> /notes/starts; ${then}`;
  await ok("run", "-d", "--name", name, "-v", `${directory}:/notes`, ...flags, "busybox", "sh", "-c", note);
}

/** Seconds since 1970 of each start. */
function starts(name: string): number[] {
  const text = readFileSync(join(notes, name, "starts"), "utf8");
  return text.trim().split("\n").map(Number);
}

async function startedTimes(name: string, count: number, timeout = 30_000): Promise<void> {
  await waitFor(`${count} starts of ${name}`, () => starts(name).length >= count || undefined, timeout);
}

const said = (name: string, format: string): Promise<string> => ok("inspect", "--format", format, name);
const reason = (name: string): Promise<string> => said(name, "{{.State.Error}}");
const restarting = (name: string): Promise<string> => said(name, "{{.State.Restarting}}");

async function untilWaiting(name: string): Promise<void> {
  await waitFor(`${name} to wait`, async () => (await restarting(name)) === "true" || undefined);
}

async function untilGivenUp(name: string): Promise<void> {
  await waitFor(`${name} to end`, async () => {
    const now = await said(name, "{{.State.Status}} {{.State.Restarting}}");
    return now === "exited false" || undefined;
  });
}

describe("a crash loop", () => {
  test("waits longer each time, says why, and loses no count when the supervisor is killed", async () => {
    await start("loop", "exit 3", "--restart", "always");
    await start("killed", "exit 4", "--restart", "always");
    await startedTimes("loop", 2);
    await untilWaiting("loop");
    expect(await reason("loop")).toBe("back-off 10s restarting failed container: exit code 3");
    expect(await ok("ps", "--filter", "name=loop", "--format", "{{.Status}} {{.Restarts}}")).toMatch(
      /^Restarting \(3\) .* ago 1$/,
    );
    expect(await ok("ps", "-q", "--filter", "status=restarting", "--filter", "name=loop")).not.toBe("");
    let kills = 0;
    await waitFor(
      "three restarts",
      async () => {
        await Bun.sleep(Math.random() * 1500);
        if (killSupervisor(engine)) kills += 1;
        // Any command brings it back.
        await ok("ps", "-a");
        return (starts("loop").length >= 4 && starts("killed").length >= 4) || undefined;
      },
      60_000,
    );
    expect(kills).toBeGreaterThan(10);
    for (const name of ["loop", "killed"]) {
      const [first = 0, second = 0, third = 0, fourth = 0] = starts(name);
      expect(second - first).toBeLessThan(10);
      expect(third - second).toBeWithin(10, 20);
      expect(fourth - third).toBeWithin(20, 40);
      await untilWaiting(name);
      expect(starts(name)).toHaveLength(4);
      expect(await said(name, "{{.RestartCount}}")).toBe("3");
      expect(await reason(name)).toContain("back-off 40s restarting failed container");
    }
    expect(await ok("stop", "-t", "0", "loop", "killed")).toBe("loop\nkilled");
    expect(await restarting("loop")).toBe("false");
    await expectNoSupervisor(engine);
    expect(await ok("rm", "loop", "killed")).toContain("loop");
    await expectAsBefore(engine, before);
  }, 120_000);

  test("one that waits is not removed without force, and not pruned", async () => {
    await start("waits", "exit 1", "--restart", "always");
    await startedTimes("waits", 2);
    await untilWaiting("waits");
    const { code, stderr } = await pw("rm", "waits");
    expect([code, stderr]).toEqual([2, expect.stringContaining("as it is restarting")]);
    await ok("container", "prune", "-f");
    await ok("rm", "-f", "waits");
    await expectNoSupervisor(engine);
    await expectAsBefore(engine, before);
  });

  test("a start by hand ends the wait and begins anew", async () => {
    await start("byhand", "sleep 1000", "--restart", "always");
    await ok("exec", "byhand", "sh", "-c", "echo >> /notes/starts; true");
    const pid = await said("byhand", "{{.State.Pid}}");
    process.kill(Number(pid), "SIGKILL");
    await waitFor(
      "its restart",
      async () => (await said("byhand", "{{.RestartCount}}")) === "1" || undefined,
    );
    const again = await waitFor(
      "its process",
      async () => Number(await said("byhand", "{{.State.Pid}}")) || undefined,
    );
    process.kill(again, "SIGKILL");
    await untilWaiting("byhand");
    await ok("start", "byhand");
    expect(await said("byhand", "{{.State.Status}} {{.RestartCount}} {{.State.Error}}")).toBe("running 0 ");
    await expectNoSupervisor(engine);
    await ok("rm", "-f", "-t", "0", "byhand");
  });
});

describe("on-failure", () => {
  test("stops at its limit and says so; then nobody watches", async () => {
    await start("limited", "exit 7", "--restart", "on-failure:1");
    await startedTimes("limited", 2);
    await untilGivenUp("limited");
    expect(await said("limited", "{{.RestartCount}} {{.State.ExitCode}} {{.State.Error}}")).toBe(
      "1 7 restarted once, not again: exit code 7",
    );
    await expectNoSupervisor(engine);
    expect(starts("limited")).toHaveLength(2);
    expect(await ok("wait", "limited")).toBe("7");
    await ok("rm", "limited");
  });

  test("leaves an end without failure alone", async () => {
    await start("good", "exit 0", "--restart", "on-failure");
    await untilGivenUp("good");
    await expectNoSupervisor(engine);
    expect(await said("good", "{{.RestartCount}} {{.State.Error}}")).toBe("0 ");
    await ok("rm", "good");
  });

  test("with --rm it goes with its last end", async () => {
    await start("passing", "test $(wc -l < /notes/starts) -ge 2", "--rm", "--restart", "on-failure");
    await waitFor(
      "its removal",
      async () => (await pw("container", "exists", "passing")).code === 1 || undefined,
    );
    expect(starts("passing")).toHaveLength(2);
    const { code, stderr } = await pw("run", "--rm", "--restart", "always", "busybox", "true");
    expect([code, stderr]).toEqual([
      125,
      expect.stringContaining("the --rm option conflicts with --restart"),
    ]);
  });
});

describe("an end by hand", () => {
  test.each([
    ["stop", ["stop", "-t", "0"]],
    ["kill", ["kill"]],
    ["kill with its stop signal", ["kill", "-s", "TERM"]],
  ])("%s is answered by no restart", async (_name, verb) => {
    await start("ended", "trap 'exit 9' TERM; sleep 1000 & wait", "--restart", "unless-stopped");
    await waitForHandler(Number(await said("ended", "{{.State.Pid}}")), "SIGTERM");
    await ok(...verb, "ended");
    await untilGivenUp("ended");
    await expectNoSupervisor(engine);
    expect(starts("ended")).toHaveLength(1);
    await ok("rm", "ended");
    rmSync(join(notes, "ended"), { recursive: true });
  });

  test("a signal that is no end by itself leaves the policy in force", async () => {
    await start("told", "trap 'exit 5' USR1; sleep 1000 & wait", "--restart", "unless-stopped");
    await waitForHandler(Number(await said("told", "{{.State.Pid}}")), "SIGUSR1");
    await ok("kill", "-s", "USR1", "told");
    await startedTimes("told", 2);
    await ok("rm", "-f", "-t", "0", "told");
  });
});

test("a start that fails is an attempt, too, and the next one waits", async () => {
  const source = join(notes, "source");
  makeOwn(source);
  await start("broken", "sleep 1000", "--restart", "always", "-v", `${source}:/source`);
  rmSync(source, { recursive: true });
  process.kill(Number(await said("broken", "{{.State.Pid}}")), "SIGKILL");
  await waitFor("a failed start", async () => (await reason("broken")).includes("back-off 10s") || undefined);
  expect(await reason("broken")).toContain(source);
  expect(await said("broken", "{{.RestartCount}}")).toBe("1");
  makeOwn(source);
  await startedTimes("broken", 2, 20_000);
  await ok("rm", "-f", "-t", "0", "broken");
  await expectNoSupervisor(engine);
  // It tells why, and stays until the next boot.
  const log = join(asSeenInside(engine.runRoot), "supervisor", "log");
  expect(readFileSync(log, "utf8")).toContain(source);
  rmSync(join(asSeenInside(engine.runRoot), "supervisor"), { recursive: true });
}, 60_000);

test("a foreground run tells the first end; its policy goes on", async () => {
  const { code } = await pw(
    "run",
    "--name",
    "fore",
    "--restart",
    "on-failure:1",
    "busybox",
    "sh",
    "-c",
    "exit 6",
  );
  expect(code).toBe(6);
  await untilGivenUp("fore");
  await waitFor("its restart", async () => (await said("fore", "{{.RestartCount}}")) === "1" || undefined);
  await ok("rm", "-f", "fore");
  await expectNoSupervisor(engine);
});

describe("in a pod", () => {
  test("members have the pod's policy; the pod stays up while one waits, and its stop ends the wait", async () => {
    await ok("pod", "create", "--name", "stays", "--restart", "always", "--exit-policy", "stop");
    await start("member", "exit 2", "--pod", "stays");
    await ok("create", "--pod", "stays", "--name", "own", "--restart", "no", "busybox", "true");
    expect(await said("member", "{{.HostConfig.RestartPolicy.Name}}")).toBe("always");
    expect(await said("own", "{{.HostConfig.RestartPolicy.Name}}")).toBe("no");
    expect(await ok("pod", "inspect", "--format", "{{.RestartPolicy}}", "stays")).toBe("always");
    expect(await ok("ps", "-aq", "--filter", "restart-policy=always", "--no-trunc")).toBe(
      await said("member", "{{.Id}}"),
    );
    await startedTimes("member", 2);
    await untilWaiting("member");
    expect(await ok("pod", "inspect", "--format", "{{.State}}", "stays")).toBe("Degraded");
    expect(await ok("pod", "ps", "--filter", "name=stays", "--format", "{{.Restarts}}")).toBe("1");
    expect((await pw("pod", "rm", "stays")).code).not.toBe(0);
    await ok("pod", "stop", "-t", "0", "stays");
    expect(await restarting("member")).toBe("false");
    await expectNoSupervisor(engine);
    await ok("pod", "rm", "stays");
    await expectAsBefore(engine, before);
  });

  // A member's end takes the sandbox along; a start at the same moment must not lose it, nor be lost with it.
  test("a member that starts while the last one ends has the pod's network", async () => {
    await ok("pod", "create", "--name", "turn", "--exit-policy", "stop");
    await ok("create", "--pod", "turn", "--name", "ends", "-t", "busybox", "cat");
    await ok("create", "--pod", "turn", "--name", "comes", "busybox", "sleep", "1000");
    for (let round = 0; round < 12; round++) {
      await ok("start", "ends");
      const stopped = pw("kill", "ends");
      await Bun.sleep(round * 12);
      await ok("start", "comes");
      await stopped;
      await waitFor(
        "the end",
        async () => (await said("ends", "{{.State.Status}}")) === "exited" || undefined,
      );
      expect(await ok("pod", "inspect", "--format", "{{.State}}", "turn")).toBe("Degraded");
      // A user's is a tap, of which the kernel knows no more.
      const up = USER === undefined ? "up" : "unknown";
      expect(await ok("exec", "comes", "cat", "/sys/class/net/eth0/operstate")).toBe(up);
      await ok("stop", "-t", "0", "comes");
      await waitFor(
        "the pod's end",
        async () => (await said("turn", "{{.State}}")) === "Exited" || undefined,
      );
    }
    await ok("pod", "rm", "turn");
    await expectAsBefore(engine, before);
  }, 60_000);
});

describe("the supervisor", () => {
  test("is one, whoever else is started", async () => {
    await start("busy", "exit 1", "--restart", "always");
    await startedTimes("busy", 2);
    await untilWaiting("busy");
    await Promise.all(Array.from({ length: 5 }, () => ok("system", "supervise")));
    expect(supervisors(engine)).toHaveLength(1);
    await ok("rm", "-f", "busy");
    await expectNoSupervisor(engine);
  });

  test("SIGTERM ends it in order, and the next command brings it back", async () => {
    await start("busy2", "exit 1", "--restart", "always");
    await startedTimes("busy2", 2);
    await untilWaiting("busy2");
    const [pid = 0] = supervisors(engine);
    process.kill(pid, "SIGTERM");
    await expectNoSupervisor(engine);
    await ok("ps");
    await waitFor("it to be back", () => supervisors(engine).length === 1 || undefined);
    await ok("rm", "-f", "busy2");
    await expectNoSupervisor(engine);
    await expectAsBefore(engine, before);
  });

  test("a log that grows becomes the older one", async () => {
    await start("logged", "exit 1", "--restart", "always");
    await startedTimes("logged", 2);
    await untilWaiting("logged");
    const log = join(asSeenInside(engine.runRoot), "supervisor", "log");
    writeFileSync(log, "");
    appendFileSync(log, "x".repeat(600 * 1024));
    await ok("ps");
    await host("touch", join(asSeenInside(engine.runRoot), "supervisor", "bell"));
    await waitFor("a short log", async () => (await Bun.file(log).stat()).size === 0 || undefined);
    rmSync(`${log}.1`);
    await ok("rm", "-f", "logged");
    await expectNoSupervisor(engine);
    await expectAsBefore(engine, before);
  });
});
