/** What nobody uses: what counts as such, what it takes, and that all of it goes; clones, and tars of volumes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, host, openEngine, succeed, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { hostId } from "./user.ts";
import { warmUp } from "./warm-up.ts";

// Of its own: "all images" and "all containers" would be other suites' as well.
const engine = openEngine("pruned");
const { ok, pw, json } = engine;
let before: HostState;
let work: string;

beforeAll(async () => {
  before = await warmUp(engine);
  work = workDirectory("prune-");
});

afterAll(async () => {
  await expectCleanEnd(engine, before);
  await ok("system", "reset", "-f");
});

const names = async (...list: readonly string[]): Promise<string[]> =>
  (await ok(...list))
    .split("\n")
    .filter((line) => line !== "")
    .sort();

describe("prune", () => {
  test("container prune takes what does not run and no pod has", async () => {
    const running = await ok("run", "-d", "--name", "runs", "busybox", "sleep", "1000");
    const ended = await ok("run", "-d", "--name", "ended", "--label", "kind=test", "busybox", "true");
    const created = await ok("create", "--name", "created", "busybox");
    await ok("create", "--pod", "new:holds", "--name", "member", "busybox");
    await ok("wait", ended);
    const asked = await engine.run(["container", "prune"], { stdin: "n\n" });
    expect(asked.stdout).toStartWith("WARNING! This will remove all non running containers.\nAre you sure");
    expect(await ok("container", "prune", "-f", "--filter", "until=1h")).toBe("");
    expect(await ok("container", "prune", "-f", "--filter", "label=kind=other")).toBe("");
    expect((await pw("container", "prune", "-f", "--filter", "name=x")).stderr).toBe(
      "Error: name is an invalid filter\n",
    );
    expect(await ok("container", "prune", "-f", "--filter", "label=kind=test")).toBe(ended);
    expect(await ok("container", "prune", "-f")).toBe(created);
    expect(await ok("ps", "-q", "--no-trunc")).toContain(running);
    await ok("rm", "-f", "-t0", running);
    await ok("pod", "rm", "-f", "holds");
    await expectAsBefore(engine, before);
  });

  test("what waits to be restarted is not over", async () => {
    const id = await ok("run", "-d", "--restart", "always", "busybox", "false");
    await ok("create", "--pod", "new:restarts", "--restart", "always", "busybox", "false");
    await ok("pod", "start", "restarts");
    for (let round = 0; round < 5; round++) {
      expect(await ok("container", "prune", "-f")).toBe("");
      expect(await ok("pod", "prune", "-f")).toBe("");
      await Bun.sleep(200);
    }
    await ok("rm", "-f", "-t0", id);
    await ok("pod", "rm", "-f", "-t0", "restarts");
    await expectAsBefore(engine, before);
  });

  test("pod prune takes pods that have ended, not those that never ran", async () => {
    await ok("pod", "create", "fresh");
    await ok("pod", "create", "up");
    await ok("run", "-d", "--pod", "up", "busybox", "sleep", "1000");
    await ok("run", "-d", "--pod", "new:over", "busybox", "sleep", "1000");
    await ok("pod", "stop", "-t0", "over");
    const id = await ok("pod", "inspect", "--format", "{{.Id}}", "over").catch(() => "");
    const pruned = await ok("pod", "prune", "-f");
    expect(pruned).toMatch(/^[0-9a-f]{64}$/);
    if (id !== "") expect(pruned).toBe(id);
    expect(await names("pod", "ps", "--format", "{{.Name}}")).toEqual(["fresh", "up"]);
    await ok("pod", "rm", "-f", "-t0", "-a");
    await expectAsBefore(engine, before);
  });

  test("system prune takes it all, says what it gave back, and leaves what is used", async () => {
    await ok(
      "run",
      "--name",
      "writes",
      "-v",
      "unused:/data",
      "busybox",
      "sh",
      "-c",
      "dd if=/dev/urandom of=/f bs=1M count=2",
    );
    await ok("run", "-d", "--name", "stays", "-v", "used:/data", "busybox", "sleep", "1000");
    await ok("network", "create", "lonely");
    await ok("run", "-d", "--pod", "new:over", "busybox", "sleep", "1000");
    await ok("pod", "stop", "-t0", "over");
    const asked = await engine.run(["system", "prune", "--volumes"], { stdin: "n\n" });
    expect(asked.stdout).toStartWith(
      "WARNING! This command removes:\n\t- all stopped containers\n\t- all networks not used by at least one container\n" +
        "\t- all volumes not used by at least one container\n\t- all dangling images\n\t- all dangling build cache\n\nAre you",
    );
    const said = await ok("system", "prune", "-f", "--volumes");
    for (const heading of [
      "Deleted Containers",
      "Deleted Pods",
      "Deleted Volumes\nunused",
      "Deleted Networks\nlonely",
    ])
      expect(said).toContain(heading);
    expect(said).toMatch(/Total reclaimed space: 2\.(09|1)\d*MB$/);
    expect(await names("ps", "-a", "--format", "{{.Names}}")).toEqual(["stays"]);
    expect(await names("volume", "ls", "-q")).toEqual(["used"]);
    expect(await ok("system", "prune", "-f")).toBe("Total reclaimed space: 0B");
    await ok("rm", "-f", "-t0", "stays");
    await ok("volume", "rm", "used");
    await expectAsBefore(engine, before);
  });
});

describe("system df", () => {
  interface Row {
    readonly Type: string;
    readonly Total: number;
    readonly Active: number;
    readonly RawSize: number;
    readonly RawReclaimable: number;
    readonly Reclaimable: string;
  }
  const rows = async (): Promise<Row[]> => (await json("system", "df", "--format", "json")) as Row[];

  test("counts shared layers once, and as Podman what can be had back", async () => {
    await ok("run", "--name", "one", "busybox", "sh", "-c", "dd if=/dev/zero of=/f bs=1M count=3");
    await ok("commit", "-q", "one", "derived");
    await ok("volume", "create", "filled");
    const mountpoint = await ok("volume", "inspect", "-f", "{{.Mountpoint}}", "filled");
    writeFileSync(join(mountpoint, "f"), Buffer.alloc(5000));
    const base = Number(await ok("image", "inspect", "-f", "{{.Size}}", "busybox"));
    const [images, containers, volumes] = await rows();
    expect(images).toMatchObject({ Type: "Images", Total: 2, Active: 1, RawSize: base + 3 * (1 << 20) });
    // The container's image shares all that it has with the derived one, which no container needs.
    expect(images?.Reclaimable).toEndWith("(100%)");
    expect(containers).toMatchObject({ Type: "Containers", Total: 1, Active: 0 });
    expect(containers?.RawSize).toBeGreaterThan(3 * (1 << 20));
    expect(containers?.RawReclaimable).toBe(containers?.RawSize ?? -1);
    expect(volumes).toMatchObject({
      Type: "Local Volumes",
      Total: 1,
      Active: 0,
      RawSize: 5000,
      RawReclaimable: 5000,
    });
    const text = await ok("system", "df");
    expect(text.split("\n")[0]).toMatch(/^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE$/);
    expect(await ok("system", "df", "--format", "{{.Type}}:{{.Total}}")).toBe(
      "Images:2\nContainers:1\nLocal Volumes:1",
    );
    const verbose = await ok("system", "df", "-v");
    for (const title of ["Images space usage:", "Containers space usage:", "Local Volumes space usage:"])
      expect(verbose).toContain(`${title}\n\n`);
    expect(verbose).toMatch(/filled +0 +5kB/);
    expect((await pw("system", "df", "-v", "--format", "json")).stderr).toBe(
      "Error: cannot combine --format and --verbose flags\n",
    );
    await ok("rm", "one");
    await ok("rmi", "derived");
    await ok("volume", "rm", "filled");
  });
});

describe("clone", () => {
  test("a container's clone has its configuration and runs as it did", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "web",
      "-e",
      "WHO=me",
      "-v",
      "shared:/data",
      "busybox",
      "sh",
      "-c",
      "echo $WHO >> /data/log; sleep 1000",
    );
    const clone = await ok("container", "clone", "web");
    await ok("container", "clone", "web-clone");
    await ok("container", "clone", "--run", "--memory", "64m", "web", "limited");
    expect(await names("ps", "-a", "--format", "{{.Names}} {{.State}}")).toEqual([
      "limited running",
      "web running",
      "web-clone created",
      "web-clone1 created",
    ]);
    expect(await ok("inspect", "-f", "{{.HostConfig.Memory}}", "limited")).toBe(String(64 << 20));
    await ok("start", clone);
    expect(await ok("exec", clone, "hostname")).toBe(clone.slice(0, 12));
    expect((await ok("exec", clone, "cat", "/data/log")).split("\n")).toEqual(["me", "me", "me"]);
    const refused = await pw("container", "clone", "--destroy", "web", "never");
    expect(refused.stderr).toContain("as it is running");
    expect((await pw("container", "exists", "never")).code).toBe(1);
    await ok("rm", "-f", "-t0", "-a");
    await ok("volume", "rm", "shared");
    await expectAsBefore(engine, before);
  });

  test("a pod's clone has clones of its members, which belong together as theirs did", async () => {
    await ok("pod", "create", "--name", "duo", "-p", "18080:80", "--label", "kind=pair");
    await ok("run", "-d", "--pod", "duo", "--name", "first", "busybox", "sleep", "1000");
    await ok("create", "--pod", "duo", "--name", "second", "--requires", "first", "busybox", "sleep", "1000");
    expect((await pw("pod", "clone", "--start", "duo", "clash")).stderr).toContain("18080");
    await ok("pod", "rm", "-f", "-t0", "clash");
    await ok("pod", "clone", "--start", "--publish", "18081:80", "--label", "more=yes", "duo", "trio");
    expect(await names("ps", "--pod", "--format", "{{.Names}} {{.PodName}}", "--filter", "pod=trio")).toEqual(
      [expect.stringMatching(/-infra trio$/), "first-clone trio", "second-clone trio"],
    );
    expect(await json("pod", "inspect", "trio")).toMatchObject([
      { Name: "trio", Hostname: "trio", Labels: { kind: "pair", more: "yes" }, State: "Running" },
    ]);
    const first = await ok("inspect", "-f", "{{.Id}}", "first-clone");
    expect(await ok("inspect", "-f", "{{.Dependencies}}", "second-clone")).toContain(first);
    expect(await ok("exec", "second-clone", "hostname")).toBe("trio");
    await ok("pod", "clone", "--destroy", "duo");
    expect(await names("pod", "ps", "--format", "{{.Name}}")).toEqual(["duo-clone", "trio"]);
    await ok("pod", "rm", "-f", "-t0", "-a");
    await expectAsBefore(engine, before);
  });
});

describe("volumes as tars", () => {
  test("export and import carry a volume over, compressed or not, with owners and links", async () => {
    await ok("volume", "create", "from");
    const mountpoint = await ok("volume", "inspect", "-f", "{{.Mountpoint}}", "from");
    mkdirSync(join(mountpoint, "dir"));
    await host(
      "sh",
      "-c",
      `cd ${mountpoint} && echo x > dir/a && ln dir/a b && chown ${hostId(0)}:${hostId(0)} dir && chown ${hostId(12)}:${hostId(34)} dir/a && ln -s dir/a link && chown -h ${hostId(0)}:${hostId(0)} link`,
    );
    const tar = join(work, "volume.tar");
    await ok("volume", "export", "-o", tar, "from");
    const list = (path: string): Promise<string> =>
      host(
        "sh",
        "-c",
        `cd ${path} && find . -mindepth 1 ! -type d -printf '%P %y %U:%G %n %s %T@ %l\\n' | sort`,
      );
    for (const feed of [`cat ${tar}`, `gzip -c ${tar}`, `zstd -qc ${tar}`]) {
      await ok("volume", "create", "to");
      const command = `${feed} | ${engine.argv.join(" ")} volume import to -`;
      succeed(await execute(["sh", "-c", command]));
      const target = await ok("volume", "inspect", "-f", "{{.Mountpoint}}", "to");
      expect(await list(target)).toBe(await list(mountpoint));
      await ok("volume", "rm", "to");
    }
    const broken = await engine.run(["volume", "import", "from", "-"], { stdin: "junk" });
    expect([broken.code, broken.stderr]).toEqual([125, expect.stringContaining("not a tar archive")]);
    expect((await pw("volume", "import", "from", "/no/such")).stderr).toBe(
      "Error: open /no/such: no such file or directory\n",
    );
    expect(readdirSync(mountpoint).sort()).toEqual(["b", "dir", "link"]);
    await ok("volume", "rm", "from");
  });
});
