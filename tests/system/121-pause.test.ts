/** Pausing containers and pods: what they are then, what may be done with them, and what a killed command leaves. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, setting } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { waitFor, waitForHandler } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;

beforeAll(async () => {
  before = await warmUp(engine);
});

afterAll(() => expectCleanEnd(engine, before));

const COUNT = ["busybox", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i > /dev/shm/n; done"];
const SLEEP = ["busybox", "sleep", "1000"];

/** The kernel's own word, of the cgroup that the kernel says the process is in. */
function freezer(pid: string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const path = (line: string | undefined): string | undefined => line?.split(":").slice(2).join(":");
  const legacy = path(lines.find((line) => line.split(":")[1]?.split(",").includes("freezer")));
  if (legacy !== undefined) {
    return readFileSync(`/sys/fs/cgroup/freezer${legacy}/freezer.state`, "utf8").trim();
  }
  const unified = path(lines.find((line) => line.startsWith("0::")));
  return readFileSync(`/sys/fs/cgroup${unified}/cgroup.freeze`, "utf8").trim() === "1" ? "FROZEN" : "THAWED";
}

async function pidOf(name: string): Promise<string> {
  return ok("inspect", "--format", "{{.State.Pid}}", name);
}

function processorTime(pid: string): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

async function statusOf(name: string): Promise<string> {
  return ok("inspect", "--format", "{{.State.Status}}", name);
}

describe("a container", () => {
  test("stands still until it is let go, and every view says so", async () => {
    const id = await ok("run", "-d", "--name", "busy", ...COUNT);
    const pid = await pidOf("busy");
    await waitFor("it to work", () => processorTime(pid) > 0);
    expect(await ok("pause", id)).toBe(id);
    expect(freezer(pid)).toBe("FROZEN");
    const [still, count] = [processorTime(pid), readFileSync(`/proc/${pid}/root/dev/shm/n`, "utf8")];
    await Bun.sleep(300);
    expect([processorTime(pid), readFileSync(`/proc/${pid}/root/dev/shm/n`, "utf8")]).toEqual([still, count]);
    expect(
      await ok("inspect", "--format", "{{.State.Status}} {{.State.Paused}} {{.State.Running}}", "busy"),
    ).toBe("paused true false");
    expect(await ok("ps", "-a", "--format", "{{.Names}} {{.Status}} {{.State}}")).toBe("busy Paused paused");
    expect(await ok("ps", "-q", "--filter", "status=paused", "--no-trunc")).toBe(id);
    expect(await ok("ps", "-q")).toBe("");
    expect(await ok("wait", "--condition", "paused", "busy")).toBe("-1");
    expect(await ok("unpause", "busy")).toBe("busy");
    expect(freezer(pid)).toBe("THAWED");
    await waitFor("it to go on", () => processorTime(pid) > still);
    expect(await statusOf("busy")).toBe("running");
    expect(await ok("rm", "-f", "-t0", "busy")).toBe("busy");
    await expectAsBefore(engine, before);
  });

  test("what is refused while it is paused, in Podman's words", async () => {
    const id = await ok("run", "-d", "--name", "paused", ...SLEEP);
    await ok("container", "pause", "paused");
    const improper = ": container state improper\n";
    const refusals: readonly [readonly string[], number, string][] = [
      [["pause", "paused"], 125, `"${id}" is already paused${improper}`],
      [["stop", "paused"], 125, `container ${id} is running or paused, refusing to clean up${improper}`],
      [["stop", "-a"], 125, `container ${id} is running or paused, refusing to clean up${improper}`],
      [["exec", "paused", "true"], 255, `can only create exec sessions on running containers${improper}`],
      [["restart", "paused"], 125, `unable to restart a container in a paused or unknown state${improper}`],
      [
        ["start", "paused"],
        125,
        `unable to start container "${id}": container ${id} must be in Created or Stopped state to be started${improper}`,
      ],
      [["attach", "paused"], 125, "you can only attach to running containers"],
      [["top", "paused"], 125, "top can only be used on running containers\n"],
      [
        ["rm", "paused"],
        2,
        `cannot remove container ${id} as it is paused - running or paused containers cannot be removed without force${improper}`,
      ],
    ];
    for (const [args, code, text] of refusals) {
      const result = await pw(...args);
      expect([args, result.code, result.stderr]).toEqual([
        args,
        code,
        expect.stringContaining(`Error: ${text}`),
      ]);
    }
    expect(freezer(await pidOf("paused"))).toBe("FROZEN");
    await ok("unpause", "paused");
    const again = await pw("unpause", "paused");
    expect([again.code, again.stderr]).toEqual([
      125,
      `Error: "${id}" is not paused, can't unpause${improper}`,
    ]);
    await ok("stop", "-t0", "paused");
    const stopped = await pw("pause", "paused");
    expect([stopped.code, stopped.stderr]).toEqual([
      125,
      `Error: "exited" is not running, can't pause${improper}`,
    ]);
    await ok("rm", "paused");
    for (const verb of ["pause", "unpause"]) {
      const gone = await pw(verb, "paused");
      expect([gone.code, gone.stderr]).toEqual([
        125,
        `Error: no container with name or ID "paused" found: no such container\n`,
      ]);
    }
  });

  test("signals wait for it; SIGKILL and rm -f end it at once", async () => {
    await ok("run", "-d", "--name", "hears", "busybox", "sh", "-c", "trap 'exit 7' TERM; sleep 1000 & wait");
    await waitForHandler(Number(await pidOf("hears")), "SIGTERM");
    await ok("pause", "hears");
    expect(await ok("kill", "-s", "TERM", "hears")).toBe("hears");
    expect(await statusOf("hears")).toBe("paused");
    await ok("unpause", "hears");
    expect(await ok("wait", "hears")).toBe("7");
    await ok("start", "hears");
    await ok("pause", "hears");
    const start = performance.now();
    expect(await ok("kill", "hears")).toBe("hears");
    expect(await ok("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "hears")).toBe(
      "exited 137",
    );
    await ok("start", "hears");
    expect(await statusOf("hears")).toBe("running");
    await ok("pause", "hears");
    await ok("rm", "-f", "hears");
    expect(performance.now() - start).toBeLessThan(8000);
    await expectAsBefore(engine, before);
  });

  test("its files can be committed and copied, and it stays paused", async () => {
    await ok("run", "-d", "--name", "kept", "busybox", "sh", "-c", "echo inside > /file; sleep 1000");
    await waitFor("the file", async () => (await pw("exec", "kept", "cat", "/file")).code === 0 || undefined);
    await ok("pause", "kept");
    await ok("commit", "-q", "kept", "paused-image");
    const copy = join(setting("WORK"), "paused-copy");
    await ok("cp", "kept:/file", copy);
    expect(readFileSync(copy, "utf8")).toBe("inside\n");
    await ok("cp", copy, "kept:/other");
    expect([await statusOf("kept"), freezer(await pidOf("kept"))]).toEqual(["paused", "FROZEN"]);
    expect(await ok("run", "--rm", "paused-image", "cat", "/file")).toBe("inside");
    await ok("unpause", "kept");
    expect(await ok("exec", "kept", "cat", "/other")).toBe("inside");
    await ok("rm", "-f", "-t0", "kept");
    await ok("rmi", "paused-image");
  });

  test("one that somebody else has frozen can still be removed", async () => {
    await ok("run", "-d", "--name", "iced", ...SLEEP);
    const pid = await pidOf("iced");
    const path = await ok("inspect", "--format", "{{.State.CgroupPath}}", "iced");
    writeFileSync(join("/sys/fs/cgroup/freezer", path, "freezer.state"), "FROZEN");
    expect(freezer(pid)).toBe("FROZEN");
    const start = performance.now();
    await ok("rm", "-f", "-t0", "iced");
    expect(performance.now() - start).toBeLessThan(5000);
    await expectAsBefore(engine, before);
  });

  test("chosen by --all, --latest, --filter and --cidfile", async () => {
    const file = join(setting("WORK"), "paused-cid");
    const first = await ok("run", "-d", "--label", "of=it", "--cidfile", file, ...SLEEP);
    const second = await ok("run", "-d", ...SLEEP);
    const idle = await ok("create", ...SLEEP);
    expect((await ok("pause", "-a")).split("\n").sort()).toEqual([first, second].sort());
    expect(await ok("pause", "-a")).toBe("");
    expect(await ok("unpause", "--filter", "label=of=it")).toBe(first);
    expect(await ok("pause", "--cidfile", file)).toBe(first);
    expect((await ok("unpause", "--all")).split("\n").sort()).toEqual([first, second].sort());
    await ok("rm", idle);
    expect(await ok("pause", "-l")).toBe(second);
    expect(await ok("unpause", "-l")).toBe(second);
    const none = await pw("pause");
    expect([none.code, none.stderr]).toEqual([
      125,
      expect.stringContaining("you must provide at least one name or id"),
    ]);
    await ok("rm", "-f", "-t0", first, second);
  });

  test("one without a cgroup of its own cannot be paused", async () => {
    await ok("run", "-d", "--name", "free", "--cgroups", "disabled", ...SLEEP);
    const { code, stderr } = await pw("pause", "free");
    expect([code, stderr]).toEqual([
      125,
      "Error: cannot pause without using Cgroups: this container does not have a cgroup\n",
    ]);
    expect(await statusOf("free")).toBe("running");
    await ok("rm", "-f", "-t0", "free");
  });

  test("a command that is killed at any moment leaves what the kernel says", async () => {
    await ok("run", "-d", "--name", "shot", ...SLEEP);
    const pid = await pidOf("shot");
    for (let delay = 2; delay <= 60; delay += 4) {
      const verb = freezer(pid) === "FROZEN" ? "unpause" : "pause";
      const child = Bun.spawn([...engine.argv, verb, "shot"], { stdout: "ignore", stderr: "ignore" });
      await Bun.sleep(delay);
      child.kill(9);
      await child.exited;
      expect([delay, verb, await statusOf("shot")]).toEqual([
        delay,
        verb,
        freezer(pid) === "FROZEN" ? "paused" : "running",
      ]);
    }
    // Whichever it is now, the next command goes on from there.
    if ((await statusOf("shot")) === "running") await ok("pause", "shot");
    expect(freezer(pid)).toBe("FROZEN");
    await ok("unpause", "shot");
    await ok("stop", "-t0", "shot");
    await ok("rm", "shot");
    await expectAsBefore(engine, before);
  });
});

describe("a pod", () => {
  const podStatus = (): Promise<string> => ok("pod", "ps", "--format", "{{.Name}} {{.Status}}");

  test("is Paused with its members, Degraded with one, and back", async () => {
    const pod = await ok("pod", "create", "calm");
    await ok("run", "-d", "--pod", "calm", "--name", "one", ...SLEEP);
    await ok("run", "-d", "--pod", "calm", "--name", "two", ...SLEEP);
    expect(await podStatus()).toBe("calm Running");
    expect(await ok("pod", "pause", "calm")).toBe(pod);
    expect(await podStatus()).toBe("calm Paused");
    expect(await ok("pod", "inspect", "--format", "{{.State}}", "calm")).toBe("Paused");
    expect(new Set((await ok("ps", "-a", "--format", "{{.State}}")).split("\n"))).toEqual(
      new Set(["paused"]),
    );
    expect([freezer(await pidOf("one")), freezer(await pidOf("two"))]).toEqual(["FROZEN", "FROZEN"]);
    expect(await ok("pod", "pause", "calm")).toBe(pod);
    await ok("unpause", "one");
    expect(await podStatus()).toBe("calm Degraded");
    expect(await ok("pod", "ps", "--filter", "ctr-status=paused", "--format", "{{.Name}}")).toBe("calm");
    expect(await ok("pod", "unpause", "calm")).toBe(pod);
    expect(await podStatus()).toBe("calm Running");
    expect(await ok("pod", "unpause", "calm")).toBe("");
    expect(await ok("pod", "pause", "--all")).toBe(pod);
    expect(await ok("pod", "unpause", "-l")).toBe(pod);
    await ok("pod", "rm", "-f", "-t0", "calm");
    await expectAsBefore(engine, before);
  });

  test("paused members are neither stopped nor started nor removed without force; rm -f takes them", async () => {
    await ok("pod", "create", "frozen");
    await ok("run", "-d", "--pod", "frozen", "--name", "one", ...SLEEP);
    await ok("pod", "pause", "frozen");
    const stopped = await pw("pod", "stop", "-t0", "frozen");
    expect([stopped.code, stopped.stdout]).toEqual([0, "frozen\n"]);
    expect(stopped.stderr).toContain("paused containers, which stay");
    expect(await podStatus()).toBe("frozen Paused");
    const started = await pw("pod", "start", "frozen");
    expect([started.code, started.stderr]).toEqual([
      125,
      expect.stringContaining("cannot start paused container"),
    ]);
    const removed = await pw("pod", "rm", "frozen");
    expect([removed.code, removed.stderr]).toEqual([
      125,
      expect.stringContaining("as it is paused - running or"),
    ]);
    expect((await pw("pod", "restart", "frozen")).code).toBe(0);
    expect(await podStatus()).toBe("frozen Paused");
    await ok("pod", "kill", "frozen");
    expect(await podStatus()).toBe("frozen Exited");
    await ok("pod", "start", "frozen");
    await ok("pod", "pause", "frozen");
    await ok("pod", "rm", "-f", "frozen");
    await expectAsBefore(engine, before);
  });

  test("one with a shared PID namespace", async () => {
    await ok("pod", "create", "--share", "+pid", "shared");
    await ok("run", "-d", "--pod", "shared", "--name", "one", ...SLEEP);
    await ok("pod", "pause", "shared");
    expect(await podStatus()).toBe("shared Paused");
    await ok("kill", "one");
    expect(await statusOf("one")).toBe("exited");
    await ok("pod", "rm", "-f", "-t0", "shared");
    await expectAsBefore(engine, before);
  });
});
