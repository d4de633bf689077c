/** Corners of a container's life that scripts written for Podman rely on. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { onTerminal } from "./terminal.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;

beforeAll(async () => {
  before = await warmUp(engine);
});

afterAll(() => expectCleanEnd(engine, before));

describe("rm", () => {
  test("--depend names what went with the container, dependents first", async () => {
    const donor = await ok("create", "busybox");
    const joined = await ok("create", "--net", `container:${donor}`, "busybox");
    const refused = await pw("rm", donor);
    expect(refused).toMatchObject({ code: 125 });
    expect(refused.stderr).toContain(joined);
    expect(await ok("rm", "--depend", donor)).toBe(`${joined}\n${donor}`);
  });

  test("--depend of an infra container takes its pod away, and nothing else", async () => {
    const first = await ok("create", "--pod", "new:depended", "busybox");
    const second = await ok("run", "-d", "--pod", "depended", "busybox", "sleep", "100");
    const other = await ok("create", "busybox");
    const infra = await ok("pod", "inspect", "--format", "{{.InfraContainerID}}", "depended");
    for (const force of [[], ["--force"]]) {
      const { code, stderr } = await pw("rm", ...force, infra);
      expect([code, stderr]).toEqual([
        125,
        expect.stringContaining("cannot be removed without removing the pod"),
      ]);
    }
    expect((await pw("rm", "--depend", infra)).code).not.toBe(0);
    expect((await pw("pod", "exists", "depended")).code).toBe(0);
    const removed = (await ok("rm", "-f", "-t0", "--depend", infra)).split("\n");
    expect(removed.sort()).toEqual([first, second, infra].sort());
    expect((await pw("pod", "exists", "depended")).code).toBe(1);
    expect(await ok("rm", other)).toBe(other);
    await expectAsBefore(engine, before);
  });

  test("--all takes pods with it", async () => {
    await ok("create", "--pod", "new:swept", "busybox");
    await ok("create", "busybox");
    await ok("rm", "--all", "--force");
    expect(await ok("ps", "-aq")).toBe("");
    expect(await ok("pod", "ps", "-q")).toBe("");
  });

  test("takes the --cidfile, unless it names another container by now", async () => {
    const directory = workDirectory("cid-");
    const [own, taken] = [join(directory, "own"), join(directory, "taken")];
    const first = await ok("create", "--cidfile", own, "busybox");
    const second = await ok("create", "--cidfile", taken, "busybox");
    writeFileSync(taken, first);
    await ok("rm", first, second);
    expect(existsSync(own)).toBe(false);
    expect(readFileSync(taken, "utf8")).toBe(first);
  });
});

describe("wait, stop, kill", () => {
  test("what never ran has ended well; a failed start changes nothing of that", async () => {
    const id = await ok("create", "busybox", "/no/such/command");
    expect(await ok("wait", id)).toBe("0");
    expect((await pw("start", id)).code).toBe(125);
    expect(await ok("wait", id)).toBe("0");
    await ok("rm", id);
  });

  test("stop names the signal that did not help", async () => {
    await ok("run", "-d", "--name", "stubborn", "busybox", "sleep", "100");
    const { stderr } = await pw("stop", "-t1", "stubborn");
    expect(stderr).toContain(
      "StopSignal SIGTERM failed to stop container stubborn in 1 seconds, resorting to SIGKILL",
    );
    await ok("rm", "stubborn");
  });
});

describe("run", () => {
  test("a name may be written with a leading slash", async () => {
    await ok("create", "--name", "/slashed", "busybox");
    expect(await ok("inspect", "--format", "{{.Name}}", "slashed")).toBe("slashed");
    await ok("rename", "slashed", "/again");
    await ok("rm", "/again");
  });

  test("a working directory that only a mount below it makes", async () => {
    const directory = workDirectory("content-");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "file"), "here");
    const mount = `${directory}/file:/only/by/mount`;
    expect(await ok("run", "--rm", "-w", "/only/by", "-v", mount, "busybox", "cat", "mount")).toBe("here");
  });

  test("/run/.containerenv is there on a --tmpfs /run, and not among the user's files", async () => {
    const check = ["busybox", "sh", "-c", "ls -A /run"];
    expect(await ok("run", "--rm", "--tmpfs", "/run", ...check)).toContain(".containerenv");
    const directory = workDirectory("run-");
    expect(await ok("run", "--rm", "-v", `${directory}:/run`, ...check)).toBe("");
  });

  test("ports are of no use on the host's network: said in a line of its own", async () => {
    const { stdout, stderr } = await pw(
      "run",
      "--rm",
      "-p",
      "8080",
      "--net",
      "host",
      "busybox",
      "echo",
      "ran",
    );
    expect(stdout).toBe("ran\n");
    expect(stderr).toBe(
      "Port mappings have been discarded as one of the Host, Container, Pod, and None network modes are in use\n",
    );
  });

  test("attached to its input alone it prints the container's id", async () => {
    const out = await ok("run", "--name", "quiet", "-a", "stdin", "busybox", "echo", "unseen");
    expect(out).toBe(await ok("inspect", "--format", "{{.Id}}", "quiet"));
    await ok("rm", "quiet");
  });

  test("-t on a terminal whose size nobody has set", async () => {
    const session = onTerminal([...engine.argv, "run", "--rm", "-it", "busybox", "echo", "shown"], {
      cols: 0,
      rows: 0,
    });
    await session.shows("shown");
    expect(await session.exits()).toBe(0);
  });

  test("exec -t leaves the container's own TERM alone", async () => {
    await ok("run", "-d", "--name", "termed", "-e", "TERM=mine", "busybox", "sleep", "100");
    expect(await ok("exec", "-t", "termed", "sh", "-c", "echo -n $TERM")).toBe("mine");
    expect(await ok("exec", "-t", "-e", "TERM=asked", "termed", "sh", "-c", "echo -n $TERM")).toBe("asked");
    await ok("rm", "-f", "-t0", "termed");
  });

  test("read_only and oom_score_adj of the configuration give way to flags", async () => {
    const conf = join(workDirectory("conf-"), "containers.conf");
    writeFileSync(conf, "[containers]\nread_only=true\noom_score_adj=7\n");
    const options = { env: { CONTAINERS_CONF_OVERRIDE: conf } };
    const touch = ["busybox", "touch", "/x"];
    expect((await engine.run(["run", "--rm", ...touch], options)).code).toBe(1);
    expect((await engine.run(["run", "--rm", "--read-only=false", ...touch], options)).code).toBe(0);
    const strict = await engine.run(
      ["run", "--rm", "--read-only-tmpfs=false", "busybox", "touch", "/dev/shm/x"],
      options,
    );
    expect(strict.stderr).toContain("Read-only file system");
    const show = ["busybox", "cat", "/proc/self/oom_score_adj"];
    expect((await engine.run(["run", "--rm", ...show], options)).stdout).toBe("7\n");
    expect((await engine.run(["run", "--rm", "--oom-score-adj=9", ...show], options)).stdout).toBe("9\n");
  });
});
