/** kill -9 at any moment: the next command works, and finishes or undoes what was begun. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openEngine, succeed } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { inProcess } from "./in-process.ts";
import { USER } from "./user.ts";
import { freePort, waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
const port = freePort();
let before: HostState;

/** Root's pass looks at every moment; a user's, whose steps are the same but for the network, at one in three. */
const STRIDE = USER === undefined ? 1 : 3;

interface Operation {
  readonly name: string;
  readonly prepare: () => Promise<unknown>;
  readonly args: readonly string[];
}

const OPERATIONS: readonly Operation[] = [
  {
    name: "pod create",
    prepare: () => Promise.resolve(),
    args: ["pod", "create", "--name", "crash", "-p", `${port}:80`],
  },
  {
    name: "pod start",
    prepare: () => ok("pod", "create", "--name", "crash", "-p", `${port}:80`),
    args: ["pod", "start", "crash"],
  },
  {
    name: "pod start with volumes, an init container and a sidecar",
    prepare: podWithAll,
    args: ["pod", "start", "crash"],
  },
  {
    name: "run --pod",
    prepare: () => ok("pod", "create", "--name", "crash", "-p", `${port}:80`),
    args: ["run", "-d", "--pod", "crash", "--name", "member", "-v", "/anonymous", "busybox", "sleep", "1000"],
  },
  {
    name: "pod rm",
    prepare: async () => {
      await ok("pod", "create", "--name", "crash", "-p", `${port}:80`);
      await ok(
        "run",
        "-d",
        "--pod",
        "crash",
        "--name",
        "member",
        "-v",
        "/anonymous",
        "busybox",
        "sleep",
        "1000",
      );
    },
    args: ["pod", "rm", "-f", "-t", "0", "crash"],
  },
];

async function podWithAll(): Promise<void> {
  const inner = inProcess(engine);
  const file = { path: "a/b", mode: 0o400, data: "" };
  const volumes = [
    { name: "disk", content: { kind: "directory" }, fsGroup: 7 },
    { name: "ram", content: { kind: "memory" } },
    { name: "conf", content: { kind: "files", files: [file] } },
  ] as const;
  await inner.pod("crash", { volumes });
  const mounts = volumes.map(({ name }) => ({
    kind: "pod-volume" as const,
    source: name,
    destination: `/${name}`,
    options: [],
    ...(name === "disk" ? { subPath: "part" } : {}),
  }));
  await inner.member("crash", ["sleep", "1000"], { initContainer: "sidecar", mounts });
  await inner.member("crash", ["true"], { initContainer: "once", mounts });
  const postStart = { kind: "exec", command: ["true"] } as const;
  await inner.member("crash", ["sleep", "1000"], {
    flags: ["--name", "member"],
    mounts,
    lifecycle: { postStart },
  });
}

interface Killed {
  /** Steps that it said it had done, by --log-level debug. */
  readonly steps: number;
  readonly duration: number;
}

/** Runs the engine and kills it after so many reported steps, or after so many milliseconds. */
async function runAndKill(args: readonly string[], at: { step?: number; delay?: number }): Promise<Killed> {
  const started = performance.now();
  const child = Bun.spawn([...engine.argv, "--log-level", "debug", ...args], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    cwd: "/",
  });
  const timer = at.delay === undefined ? undefined : setTimeout(() => child.kill(9), at.delay);
  const decoder = new TextDecoder();
  let steps = 0;
  // The monitor may keep the pipe open after the engine has gone, so the end of the process ends the reading.
  const reading = (async () => {
    for await (const chunk of child.stderr) {
      steps += decoder.decode(chunk, { stream: true }).match(/ ms\)/g)?.length ?? 0;
      if (at.step !== undefined && steps >= at.step) child.kill(9);
    }
  })();
  await child.exited;
  clearTimeout(timer);
  await Promise.race([reading, Bun.sleep(50)]);
  return { steps, duration: performance.now() - started };
}

/** What a person would do next; none of it may fail, hang or find a name, a port or an address still taken. */
async function nextCommandsWork(): Promise<void> {
  succeed(await pw("ps", "-a"));
  succeed(await pw("pod", "ps"));
  await ok("pod", "rm", "-f", "-t", "0", "--ignore", "crash");
  await ok("rm", "-f", "-t", "0", "--ignore", "member");
  await ok("pod", "create", "--name", "crash", "-p", `${port}:80`);
  await ok("run", "-d", "--pod", "crash", "--name", "member", "busybox", "sleep", "1000");
  await ok("pod", "rm", "-f", "-t", "0", "crash");
  await expectAsBefore(engine, before);
}

beforeAll(async () => {
  before = await warmUp(engine);
});

afterAll(() => expectCleanEnd(engine, before));

describe.each(OPERATIONS)("$name", ({ prepare, args }) => {
  let whole: Killed;

  // What an earlier operation left behind is its fault alone.
  beforeAll(async () => {
    before = await hostState(engine);
  });

  test("reports its steps with --log-level debug", async () => {
    await prepare();
    whole = await runAndKill(args, {});
    await nextCommandsWork();
    expect(whole.steps).toBeGreaterThan(0);
  });

  test("killed after each of its steps", async () => {
    for (let step = 1; step <= whole.steps; step += STRIDE) {
      await prepare();
      await runAndKill(args, { step });
      await nextCommandsWork().catch((error) => {
        throw new Error(`after step ${step}: ${error.message}`, { cause: error });
      });
    }
  });

  test("killed after so many milliseconds", async () => {
    const points = 15 / STRIDE;
    for (let point = 0; point < points; point += 1) {
      const delay = (whole.duration * point) / points;
      await prepare();
      await runAndKill(args, { delay });
      await nextCommandsWork().catch((error) => {
        throw new Error(`after ${delay.toFixed(1)} ms: ${error.message}`, { cause: error });
      });
    }
  });
});

describe("one container", () => {
  beforeAll(async () => {
    before = await hostState(engine);
  });

  test("a member whose monitor was killed can be stopped and removed", async () => {
    await ok("run", "-d", "--name", "orphan", "busybox", "sleep", "1000");
    const monitor = Number(await ok("inspect", "-f", "{{.State.ConmonPid}}", "orphan"));
    process.kill(monitor, "SIGKILL");
    expect(await ok("inspect", "-f", "{{.State.Status}}", "orphan")).toBe("running");
    await pw("stop", "-t", "0", "orphan");
    await ok("rm", "-f", "-t", "0", "orphan");
    await expectAsBefore(engine, before);
  });

  test("a container whose process was killed from outside is seen as exited, with its status", async () => {
    await ok("run", "-d", "--name", "victim", "busybox", "sleep", "1000");
    process.kill(Number(await ok("inspect", "-f", "{{.State.Pid}}", "victim")), "SIGKILL");
    const seen = await waitFor("the exit to be seen", async () => {
      const state = await ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "victim");
      return state.startsWith("exited") ? state : undefined;
    });
    expect(seen).toBe("exited 137");
    await ok("rm", "victim");
    await expectAsBefore(engine, before);
  });

  test("Ctrl-C during a pull or a create leaves nothing, and the same command works afterwards", async () => {
    for (const delay of [5, 15, 30, 60]) {
      const child = Bun.spawn([...engine.argv, "create", "--name", "interrupted", "busybox", "true"], {
        stderr: "ignore",
      });
      await Bun.sleep(delay);
      child.kill("SIGINT");
      await child.exited;
      await ok("rm", "-f", "--ignore", "interrupted");
      await ok("create", "--name", "interrupted", "busybox", "true");
      await ok("rm", "interrupted");
      await expectAsBefore(engine, before);
    }
  });
});

describe("run --rm", () => {
  test("killed one after the other, each in the midst of undoing the last", async () => {
    const args = ["run", "--rm", "--name", "member", "busybox", "true"];
    await ok(...args);
    for (let delay = 10; delay <= 150; delay += 10) await runAndKill(args, { delay });
    await ok(...args);
    expect(await ok("ps", "-a", "-q")).toBe("");
    await expectAsBefore(engine, before);
  });

  test("killed while its container runs: the end is noted and the container goes all the same", async () => {
    await runAndKill(["run", "--rm", "--name", "member", "busybox", "sleep", "2"], { delay: 1000 });
    expect(await ok("ps", "--format", "{{.Names}}")).toBe("member");
    await waitFor("the container's end", async () => (await ok("ps", "-a", "-q")) === "");
    await expectAsBefore(engine, before);
  });
});
