/** Many at once: processes side by side, containers in one call, ports of one pod. All of it works, and all of it goes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execute, openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { fetchPage, serverUp } from "./neighbours.ts";
import { USER } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;

beforeAll(async () => {
  await warmUp(engine, "busybox", "nginx");
  // The first event makes the log of events.
  await ok("pod", "create", "--name", "warm-up");
  await ok("pod", "rm", "warm-up");
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

const MANY = 30;
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const running = async (): Promise<string[]> => lines(await ok("ps", "-q"));

test("thirty started by thirty processes at once all run, and all go", async () => {
  const started = await Promise.all(
    names("side", MANY).map((name) =>
      pw("run", "-d", "--name", name, "--stop-signal", "KILL", "busybox", "sleep", "1000"),
    ),
  );
  expect(started.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(Array<string>(MANY).fill("0"));
  expect(await running()).toHaveLength(MANY);
  const addresses = lines(
    await ok("inspect", "-f", "{{.NetworkSettings.IPAddress}}", ...names("side", MANY)),
  );
  // A user's have the host's.
  if (USER === undefined) expect(new Set(addresses).size).toBe(MANY);
  const gone = await Promise.all(names("side", MANY).map((name) => pw("rm", "-f", name)));
  expect(gone.filter(({ code }) => code !== 0)).toEqual([]);
  await expectAsBefore(engine, before);
});

describe("forty in one call", () => {
  const all = names("call", 40);
  const some = all.slice(0, 25);

  beforeAll(async () => {
    for (let i = 0; i < all.length; i += 8) {
      await Promise.all(
        all.slice(i, i + 8).map((name) => ok("create", "--name", name, "busybox", "sleep", "1000")),
      );
    }
  });

  test("start takes them in the order given, and says of each how it went", async () => {
    const { code, stdout, stderr } = await pw("start", ...some.toReversed());
    expect({ code, stderr, lines: lines(stdout) }).toEqual({ code: 0, stderr: "", lines: some.toReversed() });
    expect(await running()).toHaveLength(some.length);
  });

  test("rm -fa leaves nothing, and no exit command works beside it", async () => {
    const { code, stdout, stderr } = await pw("rm", "-f", "-a", "-t", "0");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines(stdout)).toHaveLength(all.length);
    expect(await ok("ps", "-aq")).toBe("");
    await expectAsBefore(engine, before);
  });
});

test("rm -fa that was killed at any moment is finished by the next", async () => {
  const some = names("killed", 12);
  for (const pause of [60, 180]) {
    await Promise.all(some.map((name) => ok("create", "--name", name, "busybox", "sleep", "1000")));
    const starting = Bun.spawn([...engine.argv, "start", ...some], { stdout: "ignore", stderr: "ignore" });
    await Bun.sleep(pause);
    starting.kill(9);
    await starting.exited;
    await ok("start", ...some);
    expect(await running()).toHaveLength(some.length);
    const removing = Bun.spawn([...engine.argv, "rm", "-fa", "-t", "0"], {
      stdout: "ignore",
      stderr: "ignore",
    });
    await Bun.sleep(pause);
    removing.kill(9);
    await removing.exited;
    await ok("rm", "-fa", "-t", "0");
    expect(await ok("ps", "-aq")).toBe("");
    await expectAsBefore(engine, before);
  }
});

test("a thousand ports of one pod: the last leads where the first does, and all are given back", async () => {
  const each = Array.from({ length: 999 }, (_, i) => [
    "-p",
    `127.0.0.1:${21_000 + i}:${i === 0 ? 80 : 1_000 + i}`,
  ]);
  await ok("pod", "create", "--name", "ports", ...each.flat(), "-p", "127.0.0.1:21999:80");
  await ok("run", "-d", "--pod", "ports", "--stop-signal", "KILL", "nginx");
  for (const port of [21_000, 21_999]) {
    expect(await serverUp(fetchPage("127.0.0.1", port))).toContain("Welcome to nginx!");
  }
  await ok("pod", "rm", "-f", "ports");
  expect((await execute(fetchPage("127.0.0.1", 21_999))).code).not.toBe(0);
  await waitFor(
    "the links to go",
    async () => (await hostState(engine)).links.length === before.links.length,
  );
  await expectAsBefore(engine, before);
});
