/** What a user sees who mistypes, asks for what is not there, or takes what is taken: Podman's texts and statuses. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, setting, workDirectory } from "./engine.ts";
import { expectCleanEnd, type HostState } from "./host-state.ts";
import { freePort } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, run } = engine;
let before: HostState;

beforeAll(async () => {
  before = await warmUp(engine);
});

afterAll(() => expectCleanEnd(engine, before));

describe("help", () => {
  test("pod --help lists the verbs of pods, on standard output, with status 0", async () => {
    const { stdout, stderr, code } = await pw("pod", "--help");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    for (const verb of [
      "create",
      "exists",
      "inspect",
      "kill",
      "logs",
      "ps",
      "restart",
      "rm",
      "start",
      "stop",
    ])
      expect(stdout).toMatch(new RegExp(`^  ${verb} +\\S`, "m"));
    expect(stdout).toContain("Usage:");
  });

  test("run --help shows usage, examples and each flag with what it does", async () => {
    const { stdout, stderr, code } = await pw("run", "--help");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toMatch(/run \[options\] IMAGE \[COMMAND \[ARG\.\.\.\]\]/);
    for (const flag of [
      "-d, --detach",
      "-t, --tty",
      "-p, --publish",
      "-v, --volume",
      "    --pod",
      "    --rm",
    ])
      expect(stdout).toMatch(new RegExp(`^ *${flag.trim()}\\b.*\\S`, "m"));
  });
});

describe("a typing mistake", () => {
  test("in a command: names it, says where help is, status 125", async () => {
    const { stderr, code } = await pw("rnu", "nginx");
    expect(code).toBe(125);
    expect(stderr).toMatch(/^Error: unrecognized command `\S+ rnu`/);
    expect(stderr).toMatch(/Try '\S+ --help' for more information/);
    expect(stderr).toContain("run");
  });

  test("in a sub-command", async () => {
    const { stderr, code } = await pw("pod", "craete");
    expect(code).toBe(125);
    expect(stderr).toContain("pod craete");
  });

  test("in a flag: names it, says where help is, status 125", async () => {
    const { stderr, code } = await pw("run", "--detahc", "busybox");
    expect(code).toBe(125);
    expect(stderr).toMatch(/^Error: unknown flag: --detahc\nSee '\S+ run --help'/);
    expect((await pw("pod", "create", "-Y")).stderr).toMatch(/^Error: unknown shorthand flag: 'Y' in -Y\n/);
  });

  test("in the number of arguments", async () => {
    expect(await pw("pod", "inspect")).toMatchObject({ code: 125 });
    expect((await pw("run")).stderr).toContain("requires at least 1 arg(s), only received 0");
    expect((await pw("pod", "create", "a", "b")).code).toBe(125);
  });

  test("in a flag's value", async () => {
    expect((await pw("pod", "create", "--share", "nett")).stderr).toContain(
      "invalid kernel namespace to share: nett. Options are: cgroup, ipc, net, pid, uts or none",
    );
    expect((await pw("run", "--rm", "-p", "80:http", "busybox", "true")).code).toBe(125);
    expect((await pw("kill", "-s", "NOPE", "x")).stderr).toContain("NOPE");
  });
});

describe("what is not there", () => {
  test("a container, a pod, an image, a volume: named as Podman does", async () => {
    expect(await pw("stop", "nobody")).toMatchObject({
      code: 125,
      stderr: 'Error: no container with name or ID "nobody" found: no such container\n',
    });
    expect(await pw("rm", "nobody")).toMatchObject({ code: 1 });
    expect(await pw("pod", "inspect", "nopod")).toMatchObject({ code: 125 });
    expect((await pw("pod", "rm", "nopod")).code).toBe(1);
    expect((await pw("pod", "rm", "nopod")).stderr).toContain(
      "no pod with name or ID nopod found: no such pod",
    );
    expect((await pw("run", "--pod", "nopod", "busybox", "true")).stderr).toContain("nopod");
    expect((await pw("rmi", "noimage")).code).toBe(1);
    expect((await pw("volume", "rm", "novolume")).stderr).toContain(
      'no volume with name "novolume" found: no such volume',
    );
  });

  test("`exists` says it by its status alone", async () => {
    for (const noun of ["container", "pod", "image", "volume"])
      expect(await pw(noun, "exists", "nothing")).toMatchObject({ code: 1, stdout: "", stderr: "" });
  });

  test("an image that the registry does not have", async () => {
    const { stderr, code } = await pw("run", "--rm", `${setting("REGISTRY")}/library/no-such-image`, "true");
    expect(code).toBe(125);
    expect(stderr).toContain("no-such-image");
  });

  test("an image, with --pull=never", async () => {
    const { stderr, code } = await pw("run", "--rm", "--pull=never", "localhost/nothing", "true");
    expect(code).toBe(125);
    expect(stderr).toContain("localhost/nothing: image not known");
  });

  test("a registry that is down: names it, in time, with status 125", async () => {
    const port = freePort();
    const started = performance.now();
    const { stderr, code } = await run(["pull", "--retry", "0", `127.0.0.1:${port}/some/image`], {
      timeout: 40_000,
    });
    expect(code).toBe(125);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).toContain("connection refused");
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

describe("what is taken", () => {
  test.each([
    ["container:other", "pods presently do not support network mode container"],
    ["ns:/proc/1/ns/net", "network mode ns of a pod is not implemented"],
  ])("a pod with --network %s", async (network, message) => {
    const { stderr, code } = await pw("pod", "create", "--name", "modes", "--network", network);
    expect({ code, first: stderr.split("\n")[0] }).toEqual({ code: 125, first: `Error: ${message}` });
    expect((await pw("pod", "exists", "modes")).code).toBe(1);
  });

  test("a second pod of the same name", async () => {
    await ok("pod", "create", "--name", "twice");
    const { stderr, code } = await pw("pod", "create", "--name", "twice");
    expect(code).toBe(125);
    expect(stderr).toContain('name "twice" is in use: pod already exists');
    await ok("pod", "rm", "twice");
  });

  test("a second container of the same name names the first, and --replace helps", async () => {
    const id = await ok("create", "--name", "same", "busybox", "true");
    const { stderr, code } = await pw("create", "--name", "same", "busybox", "true");
    expect(code).toBe(125);
    expect(stderr).toContain(`the container name "same" is already in use by ${id}`);
    expect(await ok("create", "--replace", "--name", "same", "busybox", "true")).not.toBe(id);
    await ok("rm", "same");
  });

  test("a port that another pod of ours has published", async () => {
    const port = freePort();
    await ok("pod", "create", "--name", "first", "-p", `${port}:80`);
    await ok("pod", "start", "first");
    const { stderr, code } = await pw("run", "--rm", "-p", `${port}:80`, "busybox", "true");
    expect(code).toBe(126);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain("ddress already in use");
    await ok("pod", "rm", "-f", "first");
  });

  test("a port that a process of the host listens on", async () => {
    const listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data() {} } });
    const { stderr, code } = await pw("run", "--rm", "-p", `${listener.port}:80`, "busybox", "true");
    listener.stop(true);
    expect(code).toBe(126);
    expect(stderr).toContain(String(listener.port));
    expect(stderr).toContain("ddress already in use");
  });

  test("one port twice in one command", async () => {
    const { stderr, code } = await pw("create", "-p", "8000:80", "-p", "8000:81", "busybox");
    expect(code).toBe(125);
    expect(stderr).toContain("conflicting port mappings for host port 8000 (protocol tcp)");
  });
});

describe("what a pod decides is not for its members to say", () => {
  test.each([
    [["-p", "80:80"], "published or exposed ports must be defined when the pod is created"],
    [["--network", "podman"], "networks must be defined when the pod is created"],
    [["--hostname", "other"], "cannot set hostname when joining the pod UTS namespace"],
    [["--add-host", "a:1.2.3.4"], "extra host entries must be specified on the pod"],
  ])("run --pod %p", async (flags, text) => {
    await ok("pod", "create", "--name", "rules");
    const { stderr, code } = await pw("run", "--rm", "--pod", "rules", ...flags, "busybox", "true");
    await ok("pod", "rm", "-f", "rules");
    expect(code).toBe(125);
    expect(stderr).toContain(text);
  });
});

describe("the program takes no code or settings from where it stands", () => {
  test("bunfig.toml, .env and Bun's and Node's variables change nothing", async () => {
    const directory = workDirectory("hostile-");
    writeFileSync(
      join(directory, "evil.ts"),
      `await Bun.write("${directory}/ran", "yes"); console.log("evil");`,
    );
    writeFileSync(
      join(directory, "bunfig.toml"),
      `preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n`,
    );
    writeFileSync(join(directory, ".env"), "CONTAINERS_CONF=/nonexistent/containers.conf\nNO_COLOR=1\n");
    writeFileSync(join(directory, "package.json"), `{"scripts": {"version": "echo evil"}}`);
    const plain = await run(["--version"]);
    expect(plain.code).toBe(0);
    const preload = join(directory, "evil.ts");
    for (const env of [
      {},
      { BUN_OPTIONS: `--preload=${preload}` },
      { BUN_BE_BUN: "1" },
      { NODE_OPTIONS: `--require=${preload}` },
      { BUN_INSPECT: "ws://127.0.0.1:1/x" },
      { BUN_CONFIG_VERBOSE_FETCH: "1" },
    ]) {
      const { stdout, stderr, code } = await run(["--version"], { cwd: directory, env });
      expect({ env, stdout, stderr, code }).toEqual({ env, stdout: plain.stdout, stderr: "", code: 0 });
    }
    expect(await Bun.file(join(directory, "ran")).exists()).toBe(false);
    expect((await run(["ps"], { cwd: directory })).code).toBe(0);
  });
});
