/** `pod update` killed at any moment: all of the change or nothing of it, in the record and on the host. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execute, openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { fetchPage, serverUp } from "./neighbours.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok } = engine;
const WELCOME = "Welcome to nginx!";
let before: HostState;

beforeAll(async () => {
  await warmUp(engine, "nginx");
  // The first event makes the log of events.
  await ok("pod", "create", "--name", "warm-up");
  await ok("pod", "update", "--label", "a=b", "warm-up");
  await ok("pod", "rm", "warm-up");
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

const page = async (address: string, port: number): Promise<string> =>
  (await execute(fetchPage(address, port))).stdout;

async function refuses(address: string, port: number): Promise<void> {
  expect((await execute(fetchPage(address, port))).code).not.toBe(0);
}

/** A server that shares its address with whoever lets it; 0 when it could have the port. */
async function listen(port: number): Promise<number> {
  const address = `TCP4-LISTEN:${port},reuseaddr,accept-timeout=0.1`;
  return (await execute(["timeout", "0.3", "socat", address, "/dev/null"])).code;
}

describe("kill -9 in the middle", () => {
  const PORTS = { kept: 28_400, old: 28_401, fresh: 28_402 };
  const CHANGE = [
    "--publish-rm",
    `${PORTS.old}:80`,
    "-p",
    `${PORTS.fresh}:80`,
    "--memory",
    "200m",
    "--label",
    "k=v",
  ];

  /** Either all of the change or nothing of it, in the record and on the host. */
  async function settled(): Promise<boolean> {
    // Any command that changes something settles what was left.
    await ok("pod", "update", "--label", "seen=1", "struck");
    const published = (await ok("port", "struck-web")).split("\n").sort();
    const done = published.includes(`80/tcp -> 0.0.0.0:${PORTS.fresh}`);
    const [serves, not] = done ? [PORTS.fresh, PORTS.old] : [PORTS.old, PORTS.fresh];
    expect(published).toEqual([`80/tcp -> 0.0.0.0:${PORTS.kept}`, `80/tcp -> 0.0.0.0:${serves}`].sort());
    expect(await page("127.0.0.1", PORTS.kept)).toContain(WELCOME);
    expect(await page("127.0.0.1", serves)).toContain(WELCOME);
    await refuses("127.0.0.1", not);
    expect([await listen(PORTS.kept), await listen(serves), await listen(not)]).toEqual([1, 1, 0]);
    const [pod] = JSON.parse(await ok("pod", "inspect", "struck")) as readonly {
      readonly memory_limit?: number;
      readonly Labels: Readonly<Record<string, string>>;
      readonly CgroupPath: string;
    }[];
    if (pod === undefined) throw new Error("no pod");
    expect(pod.Labels["k"]).toBe(done ? "v" : undefined);
    expect(pod.memory_limit).toBe(done ? 200 << 20 : undefined);
    const limit = await memoryLimit(pod.CgroupPath);
    if (done) expect(limit).toBe(200 << 20);
    else expect(limit).toBeGreaterThan(2 ** 40);
    return done;
  }

  async function strike(delay: number): Promise<number> {
    const started = performance.now();
    const child = Bun.spawn([...engine.argv, "pod", "update", ...CHANGE, "struck"], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    const timer = setTimeout(() => child.kill(9), delay);
    await child.exited;
    clearTimeout(timer);
    return performance.now() - started;
  }

  async function strikeAfterStep(step: number): Promise<void> {
    const argv = [...engine.argv, "--log-level", "debug", "pod", "update", ...CHANGE, "struck"];
    const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    let seen = 0;
    for await (const chunk of child.stderr) {
      seen += new TextDecoder().decode(chunk).match(/ ms\)/g)?.length ?? 0;
      if (seen >= step) child.kill(9);
    }
    await child.exited;
  }

  async function fresh(): Promise<void> {
    await ok("pod", "rm", "-f", "-t", "0", "--ignore", "struck");
    await ok("pod", "create", "--name", "struck", "-p", `${PORTS.kept}:80`, "-p", `${PORTS.old}:80`);
    await ok("run", "-d", "--pod", "struck", "--name", "struck-web", "nginx");
    await serverUp(fetchPage("127.0.0.1", PORTS.kept));
  }

  afterAll(async () => {
    await ok("pod", "rm", "-f", "-t", "0", "--ignore", "struck");
    await expectAsBefore(engine, before);
  });

  test("after each of its steps", async () => {
    const outcomes: boolean[] = [];
    for (let step = 1; step <= 6; step++) {
      await fresh();
      await strikeAfterStep(step);
      outcomes.push(await settled());
    }
    expect(outcomes).toContain(true);
    expect(outcomes).toContain(false);
  }, 120_000);

  test("after so many milliseconds", async () => {
    await fresh();
    const duration = await strike(60_000);
    for (let point = 1; point <= 10; point++) {
      await fresh();
      await strike((duration * point) / 10);
      await settled();
    }
  }, 120_000);

  test("the pod can be stopped and removed right after, and leaves nothing", async () => {
    for (const step of [1, 2, 3, 4]) {
      await fresh();
      await strikeAfterStep(step);
      await ok("stop", "-t", "0", "struck-web");
      await ok("pod", "rm", "-f", "-t", "0", "struck");
      await expectAsBefore(engine, before);
    }
  }, 120_000);
});

/** Of v2 or v1. */
async function memoryLimit(path: string): Promise<number> {
  const files = [`/sys/fs/cgroup${path}/memory.max`, `/sys/fs/cgroup/memory${path}/memory.limit_in_bytes`];
  for (const file of files) {
    const { code, stdout } = await execute(["cat", file]);
    if (code === 0) return stdout.trim() === "max" ? Number.MAX_SAFE_INTEGER : Number(stdout);
  }
  throw new Error(`no memory limit below ${path}`);
}
