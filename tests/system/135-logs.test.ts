/** Logs of real containers: nothing is lost by rotation, by a killed supervisor or by many who write at once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execute, openEngine, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { expectNoSupervisor, killSupervisor } from "./supervisors.ts";
import { rootOnly } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;

beforeAll(async () => {
  await warmUp(engine);
  // The supervisor's folders stay, as others do.
  await ok("run", "--rm", "--log-opt", "max-size=1m", "--log-opt", "max-file=2", "busybox", "true");
  await expectNoSupervisor(engine);
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

/** Numbered lines, as fast as the shell can. */
const COUNT = 'i=0; while [ $i -lt "$1" ]; do i=$((i+1)); echo "line $i of many"; done';
const logPath = (name: string): Promise<string> =>
  ok("inspect", "--format", "{{.HostConfig.LogConfig.Path}}", name);

/** A command that goes on; its output is gathered. */
function running(...args: readonly string[]) {
  const child = Bun.spawn([...engine.argv, ...args], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const output = new Response(child.stdout).text();
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    end: async (): Promise<{ readonly code: number; readonly output: string }> => ({
      code: await child.exited,
      output: await output,
    }),
  };
}

/** The first two numbers between which lines are missing or out of order; undefined for none. */
function gap(lines: readonly string[], from = 1): string | undefined {
  let last = from - 1;
  for (const line of lines) {
    const number = Number(/line (\d+) of many$/.exec(line)?.[1]);
    if (number !== last + 1) return `${last} is followed by ${JSON.stringify(line)}`;
    last = number;
  }
  return undefined;
}

const linesOf = (text: string): string[] => text.split("\n").slice(0, -1);

describe("rotation", () => {
  test("a follower sees every line of twenty files and more; logs reads across those that are kept", async () => {
    const path = join(workDirectory("logs-"), "own.log");
    const options = ["--log-opt", "max-size=100k", "--log-opt", "max-file=200", "--log-opt", `path=${path}`];
    await ok(
      "run",
      "-d",
      "--name",
      "turned",
      ...options,
      "busybox",
      "sh",
      "-c",
      `sleep 1; ${COUNT}; sleep 1`,
      "sh",
      "400000",
    );
    const follower = running("logs", "-f", "turned");
    const { code, output } = await follower.end();
    expect(code).toBe(0);
    const lines = linesOf(output);
    expect([gap(lines), lines.length]).toEqual([undefined, 400_000]);
    const kept = readdirSync(dirname(path));
    expect(kept.length).toBeGreaterThan(10);
    const again = linesOf(await ok("logs", "turned").then((text) => `${text}\n`));
    expect([gap(again), again.length]).toEqual([undefined, 400_000]);
    const tail = linesOf(`${await ok("logs", "--tail", "300000", "turned")}\n`);
    expect([gap(tail, 100_001), tail.length]).toEqual([undefined, 300_000]);
    await ok("rm", "turned");
    rmSync(dirname(path), { recursive: true });
    await expectAsBefore(engine, before);
  });

  test("no more files are kept than asked for, and they go with the container", async () => {
    const options = ["--log-opt", "max-size=20k", "--log-opt", "max-file=3"];
    await ok(
      "run",
      "-d",
      "--name",
      "few",
      ...options,
      "busybox",
      "sh",
      "-c",
      "while :; do seq 1 1000; sleep 0.1; done",
    );
    const directory = dirname(await logPath("few"));
    const logs = (): string[] => readdirSync(directory).filter((name) => name.startsWith("ctr.log"));
    await waitFor("three files", () => logs().length === 3);
    const first = readFileSync(join(directory, "ctr.log.2"), "utf8");
    await waitFor("another rotation", () => readFileSync(join(directory, "ctr.log.2"), "utf8") !== first);
    // While one is renamed and the next one is not there yet there is one less.
    const there = await waitFor("all files between two rotations", () => {
      const names = logs().sort();
      return names.length < 3 ? undefined : names;
    });
    expect(there).toEqual(["ctr.log", "ctr.log.1", "ctr.log.2"]);
    expect(await engine.json("inspect", "few")).toMatchObject([
      { HostConfig: { LogConfig: { Type: "k8s-file", Size: "20kB", Config: { "max-file": "3" } } } },
    ]);
    await ok("rm", "-f", "-t", "0", "few");
    expect(existsSync(directory)).toBe(false);
    await expectNoSupervisor(engine);
    await expectAsBefore(engine, before);
  });

  test("a supervisor that is killed again and again in the middle loses no line", async () => {
    const options = ["--log-opt", "max-size=50k", "--log-opt", "max-file=300"];
    const slow =
      'sleep 1; n=0; while [ $n -lt 60 ]; do n=$((n+1)); seq $((n*5000-4999)) $((n*5000)) | sed "s/^/line /;s/$/ of many/"; sleep 0.05; done';
    await ok("run", "-d", "--name", "shot", ...options, "busybox", "sh", "-c", slow);
    const directory = dirname(await logPath("shot"));
    const follower = running("logs", "-f", "shot");
    let killed = 0;
    const ended = follower.end();
    const isOver = async (): Promise<boolean> =>
      Promise.race([ended.then(() => true), Bun.sleep(100 + Math.random() * 300).then(() => false)]);
    while (!(await isOver())) {
      if (killSupervisor(engine)) killed += 1;
      // Any command brings it back.
      await pw("ps", "-q");
    }
    const lines = linesOf((await ended).output);
    expect([gap(lines), lines.length]).toEqual([undefined, 300_000]);
    const read = linesOf(`${await ok("logs", "shot")}\n`);
    expect([gap(read), read.length]).toEqual([undefined, 300_000]);
    expect(killed).toBeGreaterThan(3);
    expect(readdirSync(directory).filter((name) => name.startsWith("ctr.log")).length).toBeGreaterThan(3);
    await ok("rm", "shot");
    await expectNoSupervisor(engine);
    await expectAsBefore(engine, before);
  });

  test("a file that its monitor was never told to leave is left after the next command", async () => {
    await ok("run", "-d", "--name", "half", "busybox", "sh", "-c", "while :; do echo x; sleep 0.05; done");
    await ok(
      "run",
      "-d",
      "--name",
      "watched",
      "--log-opt",
      "max-size=1m",
      "--log-opt",
      "max-file=2",
      "busybox",
      "sh",
      "-c",
      "while :; do echo x; sleep 0.05; done",
    );
    const path = await logPath("watched");
    await waitFor("a log", () => existsSync(path));
    // As a supervisor leaves it that dies between its two steps.
    await execute(["mv", path, `${path}.1`]);
    await waitFor("a new file", () => existsSync(path) && readFileSync(path).length > 0);
    await ok("rm", "-f", "-t", "0", "half", "watched");
    await expectNoSupervisor(engine);
  });

  test("without a count the full file goes, as conmon has it, and a follower goes on", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "one",
      "--log-opt",
      "max-size=200k",
      "busybox",
      "sh",
      "-c",
      "i=0; while [ $i -lt 100 ]; do i=$((i+1)); seq $((i*200-199)) $((i*200)) | sed 's/^/line /;s/$/ of many/'; sleep 0.02; done",
    );
    const { output } = await running("logs", "-f", "one").end();
    expect([gap(linesOf(output)), linesOf(output).length]).toEqual([undefined, 20_000]);
    expect(readdirSync(dirname(await logPath("one"))).filter((name) => name.startsWith("ctr.log"))).toEqual([
      "ctr.log",
    ]);
    await ok("rm", "one");
  });

  test("max-file needs a size, and a number", async () => {
    const refused = async (...options: string[]): Promise<string> => {
      const result = await pw("create", ...options.flatMap((option) => ["--log-opt", option]), "busybox");
      expect(result.code).toBe(125);
      return result.stderr;
    };
    expect(await refused("max-file=3")).toContain("log option max-file needs max-size as well");
    expect(await refused("max-file=0", "max-size=1m")).toContain("must be a number from 1 to 999");
    expect(await refused("colour=red")).toContain("--log-opt colour is not implemented");
    expect(await refused("nothing")).toContain('invalid log option "nothing"');
  });
});

describe("pod logs -f", () => {
  test("ten members that write as fast as they can: no line is lost, each member's are in order", async () => {
    const names = Array.from({ length: 10 }, (_, n) => `m${n}`);
    await ok("pod", "create", "--name", "ten");
    const write = 'sleep 1; seq 1 "$1" | sed "s/^/line /;s/$/ of many/"';
    for (const name of names)
      await ok("run", "-d", "--pod", "ten", "--name", name, "busybox", "sh", "-c", write, "sh", "100000");
    const { code, output } = await running("pod", "logs", "-f", "-n", "ten").end();
    expect(code).toBe(0);
    const lines = Map.groupBy(linesOf(output), (line) => line.slice(0, line.indexOf(" ")));
    expect([...lines.keys()].sort()).toEqual(names);
    for (const [name, own] of lines) expect([name, gap(own), own.length]).toEqual([name, undefined, 100_000]);
    const merged = linesOf(`${await ok("pod", "logs", "-t", "-n", "ten")}\n`);
    expect(merged.length).toBe(1_000_000);
    const sorted = Map.groupBy(merged, (line) => line.slice(0, line.indexOf(" ")));
    for (const [name, own] of sorted) expect([name, gap(own)]).toEqual([name, undefined]);
    await ok("pod", "rm", "-f", "-t", "0", "ten");
    await expectAsBefore(engine, before);
  });
});

describe("logs -f goes on", () => {
  test("over restarts by the container's policy, to the end of the last", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "again",
      "--restart",
      "on-failure:2",
      "busybox",
      "sh",
      "-c",
      "sleep 1; echo run; exit 1",
    );
    const { code, output } = await running("logs", "-f", "again").end();
    expect([code, output]).toEqual([0, "run\n".repeat(3)]);
    await ok("rm", "again");
  }, 60_000);

  test("until the container is stopped while a restart is due", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "looping",
      "--restart",
      "always",
      "busybox",
      "sh",
      "-c",
      "echo run; exit 1",
    );
    const follower = running("logs", "-f", "looping");
    await waitFor("a restart that waits", async () => (await ok("logs", "looping")) === "run\nrun");
    await Bun.sleep(1000);
    await ok("stop", "-t", "0", "looping");
    expect(await follower.end()).toEqual({ code: 0, output: "run\nrun\n" });
    await ok("rm", "looping");
  });
});

describe("logs -f ends", () => {
  const TALK = [
    "busybox",
    "sh",
    "-c",
    "trap 'echo bye; exit' TERM; echo hello; while :; do sleep 0.05; done",
  ];

  test.each([
    ["stop", ["stop", "-t", "60"], "hello\nbye\n"],
    ["kill", ["kill"], "hello\n"],
    ["rm -f", ["rm", "-f", "-t", "0"], "hello\n"],
  ])("with %s", async (_title, verb, expected) => {
    await ok("run", "-d", "--name", "talker", ...TALK);
    const follower = running("logs", "-f", "talker");
    await waitFor("its first word", async () => (await ok("logs", "talker")) === "hello");
    await Bun.sleep(200);
    const begun = performance.now();
    await ok(...verb, "talker");
    expect(await follower.end()).toEqual({ code: 0, output: expected });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await pw("rm", "-f", "-t", "0", "talker");
  });

  test("by itself at --until, and with a signal", async () => {
    await ok("run", "-d", "--name", "talker", "busybox", "sh", "-c", "while :; do echo x; sleep 0.1; done");
    const begun = performance.now();
    const { code, output } = await running("logs", "-f", "--until", "1s", "talker").end();
    expect(code).toBe(0);
    expect(performance.now() - begun).toBeWithin(900, 10_000);
    expect(linesOf(output).length).toBeGreaterThan(2);
    const follower = running("logs", "-f", "talker");
    await Bun.sleep(500);
    follower.kill("SIGINT");
    await follower.end();
    await ok("rm", "-f", "-t", "0", "talker");
  });

  test("at once for a container that never ran, or has ended", async () => {
    await ok("create", "--name", "silent", "busybox");
    expect(await ok("logs", "-f", "silent")).toBe("");
    await ok("run", "--name", "done", "busybox", "echo", "said");
    expect(await ok("logs", "-f", "done")).toBe("said");
    await ok("rm", "silent", "done");
  });
});

describe("what is in a log", () => {
  test("lines without an end, of any length, of any bytes", async () => {
    await ok(
      "run",
      "--name",
      "odd",
      "busybox",
      "sh",
      "-c",
      "head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'a\\001\\377b\\n'; printf end",
    );
    const child = Bun.spawn([...engine.argv, "logs", "odd"], { stdout: "pipe" });
    const bytes = Buffer.from(await new Response(child.stdout).arrayBuffer());
    expect(bytes).toEqual(
      Buffer.concat([Buffer.from(`${"x".repeat(100_000)}\na`), Buffer.from([1, 255]), Buffer.from("b\nend")]),
    );
    expect(await ok("logs", "--tail", "3", "odd")).toHaveLength(100_000 + 9);
    await ok("rm", "odd");
  });

  test("what is no log line is passed over with a warning; a log that is gone is empty", async () => {
    await ok("run", "--name", "spoilt", "busybox", "echo", "good");
    const path = await logPath("spoilt");
    writeFileSync(path, `rubbish\n${readFileSync(path, "utf8")}`);
    appendFileSync(path, "cut sho");
    const { stdout, stderr, code } = await pw("logs", "spoilt");
    expect([stdout, code]).toEqual(["good\n", 0]);
    expect(stderr).toContain("rubbish");
    rmSync(path);
    expect(await pw("logs", "spoilt")).toMatchObject({ stdout: "", code: 0 });
    await ok("rm", "spoilt");
  });
});

describe("drivers", () => {
  test("none keeps nothing, and shows it to who is attached", async () => {
    expect(await ok("run", "--name", "mute", "--log-driver", "none", "busybox", "echo", "shown")).toBe(
      "shown",
    );
    expect(await ok("start", "-a", "mute")).toBe("shown");
    const { stderr, code } = await pw("logs", "mute");
    expect([stderr, code]).toEqual([
      "Error: this container is using the 'none' log driver, cannot read logs: this container is not logging output\n",
      125,
    ]);
    await ok("rm", "mute");
  });

  test("json-file is k8s-file by another name", async () => {
    await ok("run", "--name", "json", "--log-driver", "json-file", "busybox", "echo", "said");
    expect(readFileSync(await logPath("json"), "utf8")).toMatch(/^\S+ stdout F said\n$/);
    expect(await ok("logs", "json")).toBe("said");
    expect(await ok("inspect", "--format", "{{.HostConfig.LogConfig.Type}}", "json")).toBe("json-file");
    await ok("rm", "json");
  });

  test("passthrough gives the container the command's own streams", async () => {
    const passed = ["--log-driver", "passthrough"];
    const piped = await engine.run(["run", "--rm", ...passed, "busybox", "cat"], { stdin: "through\n" });
    expect(piped).toMatchObject({ stdout: "through\n", code: 0 });
    expect(
      await pw("run", "--rm", ...passed, "busybox", "sh", "-c", "echo out; echo err >&2; exit 3"),
    ).toMatchObject({
      stdout: "out\n",
      stderr: "err\n",
      code: 3,
    });
    expect((await pw("run", "-d", "--name", "passed", ...passed, "busybox", "echo", "detached")).stdout).toBe(
      "detached\n",
    );
    for (const verb of ["logs", "attach"]) {
      await ok("wait", "passed");
      expect((await pw(verb, "passed")).code).toBe(125);
    }
    expect((await pw("logs", "passed")).stderr).toContain(
      "this container is using the 'passthrough' log driver",
    );
    await ok("rm", "passed");
    expect((await pw("run", ...passed, "-a", "stdout", "busybox")).stderr).toContain(
      "cannot specify --attach with --log-driver=passthrough: invalid argument",
    );
  });

  test("journald is refused where no journal runs, unless it is only the configuration that asks", async () => {
    if (existsSync("/run/systemd/journal/socket")) return;
    expect(await pw("create", "--log-driver", "journald", "busybox")).toMatchObject({
      stderr: expect.stringContaining("no journal runs on this host"),
      code: 125,
    });
    const conf = join(workDirectory("conf-"), "containers.conf");
    writeFileSync(conf, '[containers]\nlog_driver="journald"\nlog_size_max=1000\n');
    const env = { CONTAINERS_CONF_OVERRIDE: conf };
    await engine.run(["create", "--name", "asked", "busybox"], { env });
    expect(await engine.json("inspect", "asked")).toMatchObject([
      { HostConfig: { LogConfig: { Type: "k8s-file", Size: "1kB" } } },
    ]);
    await ok("rm", "asked");
  });
});

describe("journald", () => {
  const JOURNALD = ["/lib/systemd/systemd-journald", "/usr/lib/systemd/systemd-journald"].find((path) =>
    existsSync(path),
  );

  /** A journal of this test's own, in a mount namespace in which /run/systemd and /run/log are empty. */
  const journals = rootOnly(
    "the test's journal is in a mount namespace of root's, where no user's holder is",
  );
  journals.test.skipIf(JOURNALD === undefined || Bun.which("journalctl") === null)(
    "lines come from the journal, with the tag, to the container's end",
    async () => {
      const own = [...engine.argv].map((word) => `'${word}'`).join(" ");
      const script = `
      mkdir -p /run/systemd /run/log; mount -t tmpfs tmpfs /run/systemd; mount -t tmpfs tmpfs /run/log
      mkdir -p /run/systemd/journal /run/log/journal
      ${JOURNALD} >/dev/null 2>&1 & journal=$!
      for n in $(seq 100); do [ -S /run/systemd/journal/socket ] && break; sleep 0.05; done
      pw() { ${own} "$@"; }
      pw run -d --log-driver journald --log-opt tag='{{.Name}}!' --name noted busybox sh -c 'echo one; sleep 1; printf two' >/dev/null
      pw logs -f noted; echo
      journalctl -q SYSLOG_IDENTIFIER=noted! -o cat
      pw logs --tail 1 noted; echo
      pw rm noted
      kill $journal; wait $journal`;
      const { stdout } = await execute(["unshare", "-m", "--propagation", "slave", "sh", "-c", script]);
      expect(stdout).toBe("one\ntwo\none\n\ntwo\ntwo\nnoted\n");
    },
  );
});
