/** Events: those of the tutorial are Podman's, each is told once, and none is lost or torn. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, openEngine, succeed, workDirectory } from "./engine.ts";
import { expectCleanEnd, type HostState } from "./host-state.ts";
import { asWanted, byObject, type RecordedStep, TUTORIAL } from "./podman-events.ts";
import { asSeenInside } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUpKube } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;
let directory = "";

interface Told {
  readonly ID?: string;
  readonly Name?: string;
  readonly Image?: string;
  readonly Status: string;
  readonly Type: string;
  readonly timeNano: number;
  readonly ContainerExitCode?: number;
  readonly Attributes: Readonly<Record<string, string>> | null;
}

function parse(text: string): Told[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Told);
}

async function told(...args: readonly string[]): Promise<Told[]> {
  return parse(await ok("events", "--stream=false", "--format", "json", ...args));
}

/** A moment that no event of before is after, as --since takes it. */
function now(): string {
  return `${(performance.timeOrigin + performance.now()) / 1000}`;
}

beforeAll(async () => {
  before = await warmUpKube(engine, "nginx", "redis", "postgres", "myblog");
  directory = workDirectory("events-");
});

afterAll(() => expectCleanEnd(engine, before));

describe("the tutorial", () => {
  const manifest = () => join(directory, "blogpod.yaml");

  async function eventsOf({ command }: RecordedStep): Promise<readonly string[]> {
    const since = now();
    await ok(...command.map((word) => (word === "FILE" ? manifest() : word)));
    return (await told("--since", since)).map(asRecorded);
  }

  function asRecorded({ Type, Status, Name = "-", Image, ContainerExitCode: exit }: Told): string {
    return [
      `${Type} ${Status} ${Name.replace(/^[0-9a-f]{12}-infra$/, "INFRA").replace(/^[0-9a-f]{64}$/, "VOLUME")}`,
      ...(Image === undefined ? [] : [`image=${Image}`]),
      ...(exit === undefined ? [] : [`exit=${exit}`]),
    ].join(" ");
  }

  for (const step of TUTORIAL) {
    test(`${step.command.join(" ")} tells what Podman tells`, async () => {
      if (step.command[1] === "play") writeFileSync(manifest(), await generated());
      const events = await eventsOf(step);
      // Told always, and always before the end.
      const ours = events.filter((line) => !line.startsWith("container stop "));
      const podman = asWanted(step.events);
      const seen = exitsOf(step, ours);
      expect(byObject(seen)).toEqual(byObject(exitsOf(step, podman)));
      // Beyond the members, which go side by side: what comes first and what comes last.
      expect([seen[0], seen.at(-1)].filter(isOfPod)).toEqual([podman[0], podman.at(-1)].filter(isOfPod));
    });
  }

  /** The pod is gone by then: made once more, of which nothing is compared. */
  async function generated(): Promise<string> {
    for (const { command } of TUTORIAL.slice(9, 12)) await ok(...command);
    const yaml = await ok("kube", "generate", "blogpod");
    await ok("pod", "rm", "-f", "-t", "0", "blogpod");
    return yaml;
  }

  /** What a program ends with when it is asked to is its own affair. */
  function exitsOf({ command }: RecordedStep, lines: readonly string[]): readonly string[] {
    if (command[1] !== "down") return lines;
    return lines.map((line) => line.replace(/ exit=\d+$/, ""));
  }

  function isOfPod(line: string | undefined): boolean {
    return line?.startsWith("pod ") === true;
  }
});

describe("what is told", () => {
  test("times have nanoseconds and grow from line to line", async () => {
    const times = readFileSync(asSeenInside(`${engine.runRoot}/events/events.log`), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { Time: string; Status: string })
      // The marks of a rotation stand where the file begins anew.
      .filter(({ Status }) => Status !== "log-rotation")
      .map(({ Time }) => Time);
    expect(times.toSorted()).toEqual(times);
    expect(new Set(times).size).toBe(times.length);
    expect(times.some((time) => !time.endsWith("000Z"))).toBe(true);
  });

  test("a line is Podman's line; labels of the container stand in it; ids are cut when asked", async () => {
    const id = await ok("create", "--name", "labelled", "--label", "colour=red", "busybox");
    await ok("rm", "labelled");
    const only = ["events", "--stream=false", "--filter", "container=labelled", "--filter", "event=create"];
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})? [+-]\d{4} \S+`;
    const text = String.raw`\(image=docker.io/library/busybox:latest, name=labelled(, \S+)*, colour=red(, \S+)*\)`;
    expect(await ok(...only)).toMatch(new RegExp(`^${time} container create ${id} ${text}$`));
    expect(await ok(...only, "--no-trunc=false")).toContain(` container create ${id.slice(0, 12)} (`);
    expect(await ok(...only, "--format", "{{.ID}} {{.Attributes.colour}} {{.PodID}}{{.Type}}")).toBe(
      `${id} red container`,
    );
  });

  test("filters of one key are alternatives, different keys must all agree", async () => {
    const since = now();
    for (const name of ["one", "two", "three"]) await ok("run", "--rm", "--name", name, "busybox", "true");
    const filters = ["container=one", "container=two", "status=die", "type=container"];
    const events = await told("--since", since, ...filters.flatMap((filter) => ["-f", filter]));
    expect(events.map(({ Name, Status }) => [Name, Status])).toEqual([
      ["one", "died"],
      ["two", "died"],
    ]);
    const wrong = await pw("events", "--stream=false", "-f", "colour=red");
    expect([wrong.code, wrong.stderr]).toEqual([
      125,
      "Error: failed to parse event filters: colour is an invalid filter\n",
    ]);
    expect((await pw("events", "--since", "the dawn of time")).stderr).toContain(
      "failed to parse event filters: unable to convert since time of the dawn of time",
    );
  });

  test("volumes, networks, secrets and images tell of themselves", async () => {
    const since = now();
    await ok("volume", "create", "told");
    await ok("volume", "rm", "told");
    await ok("network", "create", "told");
    const id = await ok("create", "--name", "joining", "--network", "told", "busybox");
    await ok("network", "create", "other");
    await ok("network", "connect", "other", "joining");
    await ok("network", "disconnect", "other", "joining");
    await ok("rm", "joining");
    await ok("network", "rm", "told", "other");
    const file = join(directory, "secret");
    writeFileSync(file, "not told");
    await ok("secret", "create", "told", file);
    await ok("secret", "rm", "told");
    await ok("tag", "busybox", "told:1");
    await ok("rmi", "told:1");
    const events = await told("--since", since);
    const line = ({ Type, Status, Name, ID }: Told) => [
      Type,
      Status,
      Name ?? (ID?.length === 64 ? "ID" : ""),
    ];
    expect(events.filter(({ Type }) => Type !== "container").map(line)).toEqual([
      ["volume", "create", "told"],
      ["volume", "remove", "told"],
      ["network", "create", "ID"],
      ["image", "pull", "busybox"],
      ["network", "create", "ID"],
      ["network", "connect", "joining"],
      ["network", "disconnect", "joining"],
      ["network", "remove", "ID"],
      ["network", "remove", "ID"],
      ["secret", "create", "told"],
      ["secret", "remove", "told"],
      ["image", "tag", "told:1"],
      ["image", "untag", "localhost/told:1"],
    ]);
    expect(events.find(({ Status }) => Status === "connect")?.ID).toBe(id);
    expect(await ok("events", "--stream=false", "--since", since, "-f", "type=network")).toMatch(
      / network create [0-9a-f]{64} \(name=told, type=bridge\)\n/,
    );
    expect(JSON.stringify(events)).not.toContain("not told");
  });

  test("an exec session in the background tells of its end, with its exit code", async () => {
    const since = now();
    await ok("run", "-d", "--name", "host", "busybox", "sleep", "100");
    const session = await ok("exec", "-d", "host", "sh", "-c", "exit 7");
    const end = await waitFor("the end of the session", async () =>
      (await told("--since", since, "-f", "event=exec_died")).at(0),
    );
    expect(end).toMatchObject({ Name: "host", ContainerExitCode: 7, Attributes: { execID: session } });
    expect((await pw("exec", "host", "sh", "-c", "exit 3")).code).toBe(3);
    await ok("rm", "-f", "-t", "0", "host");
    const exits = (await told("--since", since, "-f", "event=exec_died")).map((e) => e.ContainerExitCode);
    expect(exits).toEqual([7, 3]);
  });

  test("a failed pull tells why", async () => {
    const since = now();
    await pw("pull", "--retry", "0", "localhost:1/nothing");
    const line = await ok("events", "--stream=false", "--since", since);
    expect(line).toMatch(/ image pull-error {2}localhost:1\/nothing .*refused/);
  });

  test("--events-backend none keeps none, also at the end of what was started with it", async () => {
    const since = now();
    const silent = ["--events-backend", "none"];
    await ok(...silent, "run", "-d", "--name", "silent", "busybox", "true");
    // These may be the ones that find the end, and note it.
    await ok(...silent, "wait", "silent");
    const ended = () => ok(...silent, "ps", "-aq", "--filter", "status=exited");
    await waitFor("its clean-up", async () => (await ended()) !== "");
    await ok(...silent, "rm", "silent");
    expect(await told("--since", since)).toEqual([]);
    const refused = await pw(...silent, "events");
    expect([refused.code, refused.stderr]).toEqual([
      125,
      'Error: cannot read events with the "none" backend\n',
    ]);
    expect((await pw("--events-backend", "journald", "ps")).stderr).toContain("journald is not supported");
    expect(await ok(...silent, "info", "--format", "{{.Host.EventLogger}}")).toBe("none");
  });
});

describe("followed", () => {
  /** `events` in the background; `seen` gives what it has told until now. */
  function follow(env: Readonly<Record<string, string>> = {}, ...args: readonly string[]) {
    const child = Bun.spawn([...engine.argv, "events", "--format", "json", ...args], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      env: { ...process.env, ...env },
    });
    let text = "";
    const read = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true });
    })();
    return {
      child,
      seen: () => parse(text.slice(0, text.lastIndexOf("\n") + 1)),
      ended: async () => {
        await read;
        return child.exited;
      },
    };
  }

  async function createRemove(on: Engine, env: Readonly<Record<string, string>>): Promise<string> {
    const id = succeed(await on.run(["create", "-q", "busybox"], { env }));
    succeed(await on.run(["rm", id], { env }));
    return id;
  }

  test("a stream without --since begins with now, tells as it happens, and ends when it is told to", async () => {
    const stream = follow({}, "-f", "type=volume");
    await ready(stream.seen, async (i) => {
      await ok("volume", "create", `now-${i}`);
      await ok("volume", "rm", `now-${i}`);
    });
    stream.child.kill("SIGINT");
    expect(await stream.ended()).toBe(130);
    expect(stream.seen().every(({ Name }) => Name?.startsWith("now-"))).toBe(true);
  });

  /** Does something again until the stream has told of it: it takes a moment to begin. */
  async function ready(seen: () => readonly Told[], act: (attempt: number) => Promise<void>): Promise<void> {
    for (let i = 0; i < 500 && seen().length === 0; i++) {
      await act(i);
      await Bun.sleep(50);
    }
    expect(seen().length).toBeGreaterThan(0);
  }

  test("--until ahead ends the stream by itself", async () => {
    const start = performance.now();
    const stream = follow({}, "--until", "1500ms");
    expect(await stream.ended()).toBe(0);
    expect(performance.now() - start).toBeGreaterThan(1400);
  });

  test("each event once through many rotations of the file", async () => {
    const log = join(directory, "rotated.log");
    const conf = join(directory, "containers.conf");
    writeFileSync(conf, `[engine]\nevents_logfile_path = "${log}"\nevents_logfile_max_size = 4000\n`);
    const env = { CONTAINERS_CONF_OVERRIDE: conf };
    const stream = follow(env, "-f", "type=container", "-f", "type=system");
    await ready(stream.seen, async () => void (await createRemove(engine, env)));
    const ids: string[] = [];
    for (let i = 0; i < 25; i++) ids.push(await createRemove(engine, env));
    const last = ids.at(-1);
    await waitFor("the last event", () =>
      stream.seen().some(({ ID, Status }) => ID === last && Status === "remove"),
    );
    stream.child.kill("SIGTERM");
    await stream.ended();
    const events = stream.seen();
    for (const id of ids) {
      expect(events.filter(({ ID }) => ID === id).map(({ Status }) => Status)).toEqual(["create", "remove"]);
    }
    const rotations = events.filter(({ Status }) => Status === "log-rotation");
    expect(rotations.length).toBeGreaterThan(2);
    expect(readFileSync(log, "utf8").length).toBeLessThan(5000);
  }, 60_000);
});

describe("once each", () => {
  function countOf(events: readonly Told[], id: string, status: string): number {
    return events.filter(({ ID, Status }) => ID === id && Status === status).length;
  }

  test("twenty runs side by side tear no line and lose no event", async () => {
    const since = now();
    const names = Array.from({ length: 20 }, (_, i) => `side-${i}`);
    await Promise.all(names.map((name) => ok("run", "--rm", "--name", name, "busybox", "true")));
    const lines = readFileSync(asSeenInside(`${engine.runRoot}/events/events.log`), "utf8")
      .trim()
      .split("\n");
    expect(lines.filter((line) => !/^\{.*\}$/.test(line))).toEqual([]);
    const events = await told("--since", since, "-f", "type=container");
    const statuses = ["create", "init", "start", "attach", "died", "remove"];
    for (const name of names) {
      expect(events.filter((e) => e.Name === name).map((e) => e.Status)).toEqual(statuses);
    }
  }, 120_000);

  test("the end of a run is told once, however many note it", async () => {
    const since = now();
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) {
      const id = await ok("run", "-d", "busybox", "sh", "-c", `sleep 0.${i}`);
      ids.push(id);
      // The exit command, a wait, a stop and a clean-up all look at the same end.
      await Promise.all([pw("wait", id), pw("stop", "-t", "0", id), pw("container", "cleanup", id)]);
    }
    await ok("rm", "-f", ...ids);
    const events = await told("--since", since);
    for (const id of ids) {
      expect([countOf(events, id, "died"), countOf(events, id, "remove")]).toEqual([1, 1]);
      expect(countOf(events, id, "cleanup")).toBe(1);
      expect(countOf(events, id, "stop")).toBeLessThan(2);
    }
  }, 60_000);

  test("a command that is killed in the middle leaves its events to who finishes its work", async () => {
    const since = now();
    const id = await ok("run", "-d", "--stop-timeout", "1", "busybox", "sleep", "100");
    const stop = Bun.spawn([...engine.argv, "stop", id], { stdout: "ignore", stderr: "ignore" });
    await waitFor(
      "the stop to begin",
      async () => (await ok("inspect", "-f", "{{.State.Status}}", id)) === "stopping",
    );
    stop.kill("SIGKILL");
    await stop.exited;
    const starts = Array.from({ length: 8 }, (_, i) => i * 6);
    for (const after of starts) {
      const run = Bun.spawn([...engine.argv, "run", "-d", "--name", `cut-${after}`, "busybox", "true"], {
        stdout: "ignore",
        stderr: "ignore",
      });
      await Bun.sleep(after);
      run.kill("SIGKILL");
      await run.exited;
    }
    await ok("rm", "-f", "-t", "0", "-a");
    const events = await told("--since", since, "-f", "type=container");
    for (const one of new Set(events.flatMap(({ ID }) => ID ?? []))) {
      for (const status of ["create", "init", "start", "stop", "died", "remove"]) {
        expect([one, status, countOf(events, one, status) < 2]).toEqual([one, status, true]);
      }
      expect(countOf(events, one, "remove")).toBe(1);
      expect(countOf(events, one, "died")).toBe(countOf(events, one, "start"));
    }
    expect(countOf(events, id, "died")).toBe(1);
  }, 60_000);
});
