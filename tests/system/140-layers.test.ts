/** Images as mounted layers: one mount for all who use a layer, and none once nobody does, whatever was killed. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, host, openEngine, setting } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, json } = engine;
const work = setting("WORK");
let before: HostState;
/** The host mounts layers, rather than having them unpacked. */
let mounts = false;

interface Inspected {
  readonly Id: string;
  readonly RootFS: { readonly Layers: readonly string[] };
}

async function inspect(image: string): Promise<Inspected> {
  const [found] = (await json("image", "inspect", image)) as readonly Inspected[];
  if (found === undefined) throw new Error(`no image ${image}`);
  return found;
}

/** What is mounted below the run directory's `layers`, the source by the mount point. */
function layerMounts(): ReadonlyMap<string, string> {
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [source = "", point = "", type] = line.split(" ");
      return type === "erofs" && point.startsWith(`${engine.runRoot}/`) ? [[point, source] as const] : [];
    }),
  );
}

/** Ten layers, nine of which have been committed one by one. */
async function makeTenLayers(): Promise<void> {
  let base = "busybox";
  for (let layer = 1; layer <= 9; layer += 1) {
    const script = `echo ${layer} >/layer${layer}; echo ${layer} >/top; rm -f /layer${layer - 3}; mkdir -p /d; rm -rf /d; mkdir /d; echo ${layer} >/d/${layer}`;
    await ok("run", "--name", "maker", "--network", "none", base, "sh", "-c", script);
    await ok("commit", "-q", "maker", `ten:${layer}`);
    await ok("rm", "maker");
    base = `ten:${layer}`;
  }
  await ok("tag", base, "ten");
}

beforeAll(async () => {
  await warmUp(engine, "busybox", "nginx", "redis", "postgres");
  mounts = existsSync(join(engine.root, "layers", "mountable.json"))
    ? (JSON.parse(readFileSync(join(engine.root, "layers", "mountable.json"), "utf8")) as { erofs: boolean })
        .erofs
    : false;
  await makeTenLayers();
  // Empty directories stay.
  await ok("image", "mount", "ten");
  await ok("image", "unmount", "ten");
  before = await hostState(engine);
  expect(layerMounts().size).toBe(0);
}, 60_000);

afterEach(async () => {
  // What a failed test kept is no fault of the next one.
  await ok("rm", "-f", "-v", "-t", "0", "--ignore", "maker", "box", "killed", "one", "two");
  await expectAsBefore(engine, before);
});
afterAll(() => expectCleanEnd(engine, before));

test("real images run from mounted layers, one mount a layer", async () => {
  const commands = {
    nginx: ["nginx", "-v"],
    redis: ["redis-server", "--version"],
    postgres: ["postgres", "--version"],
    ten: ["sh", "-c", "cat /top; ls /d /layer*; [ ! -e /layer1 ]"],
  };
  for (const [image, command] of Object.entries(commands)) {
    const { RootFS } = await inspect(image);
    await ok("run", "-d", "--name", "one", "--network", "none", "--entrypoint", "sleep", image, "1000");
    await ok("run", "-d", "--name", "two", "--network", "none", "--entrypoint", "sleep", image, "1000");
    const held = layerMounts();
    if (mounts) expect(held.size).toBe(new Set(RootFS.Layers).size);
    for (const [point, source] of held) {
      expect(source).toBe(`${engine.root}/layers/${point.split("/").at(-1)}/layer.erofs`);
    }
    await ok("exec", "one", ...command);
    await ok("rm", "-f", "-v", "-t", "0", "one");
    expect(layerMounts()).toEqual(held);
    await ok("exec", "two", ...command);
    await ok("rm", "-f", "-v", "-t", "0", "two");
    expect(layerMounts().size).toBe(0);
  }
  const shown = await ok("run", "--rm", "ten", "sh", "-c", "cat /top /d/*; ls / | grep layer | tr '\\n' ' '");
  expect(shown.split("\n")).toEqual(["9", "9", "layer7 layer8 layer9 "]);
});

test("set-uid programs and devices of an image work from mounted layers", async () => {
  const script =
    "cp /bin/cat /suid; chmod 4755 /suid; echo of root >/secret; chmod 600 /secret; mknod -m 666 /null c 1 3";
  await ok("run", "--name", "maker", "--cap-add", "mknod", "--network", "none", "nginx", "sh", "-c", script);
  await ok("commit", "-q", "maker", "special");
  await ok("rm", "maker");
  const user = ["run", "--rm", "--network", "none", "--user", "1000", "special"];
  expect(await ok(...user, "/suid", "/secret")).toBe("of root");
  expect(await ok(...user, "sh", "-c", "echo x >/null; wc -c </null")).toBe("0");
  await ok("rmi", "special");
});

test("ten containers of one image, started and ended by ten processes at once", async () => {
  for (let round = 0; round < 1; round += 1) {
    const runs = Array.from({ length: 10 }, (_, index) => {
      return pw("run", "--rm", "--network", "none", "ten", "sh", "-c", `cat /top; exit ${index}`);
    });
    for (const [index, result] of (await Promise.all(runs)).entries()) {
      expect(result.stderr).toBe("");
      expect([result.stdout, result.code]).toEqual(["9\n", index]);
    }
    expect(layerMounts().size).toBe(0);
  }
});

describe("kill -9", () => {
  const run = ["run", "--name", "killed", "--network", "none"];
  const operations = [
    { name: "run --rm", prepare: [], args: [...run, "--rm", "ten", "true"] },
    {
      name: "start",
      prepare: [["create", ...run.slice(1), "ten", "sleep", "1000"]],
      args: ["start", "killed"],
    },
    {
      name: "rm -f",
      prepare: [[...run, "-d", "ten", "sleep", "1000"]],
      args: ["rm", "-f", "-t", "0", "killed"],
    },
  ] as const;
  test.each(operations)("of $name", async ({ prepare, args }) => {
    for (let point = 0; point < 5; point += 1) {
      for (const words of prepare) await ok(...words);
      const child = Bun.spawn([...engine.argv, ...args], { stdio: ["ignore", "ignore", "ignore"], cwd: "/" });
      const timer = setTimeout(() => child.kill(9), 15 + point * 20);
      await child.exited;
      clearTimeout(timer);
      // Another of the same image meets what was left of it.
      expect(await ok("run", "--rm", "--network", "none", "ten", "cat", "/top")).toBe("9");
      await ok("rm", "-f", "-t", "0", "--ignore", "killed");
      expect(layerMounts().size).toBe(0);
    }
  });
});

test("image mount and unmount, podman mount, images mounted into containers", async () => {
  const tree = (await ok("image", "mount", "ten")).split(/\s+/).at(-1) ?? "";
  expect(readFileSync(join(tree, "top"), "utf8")).toBe("9\n");
  const held = layerMounts();
  if (mounts) expect(held.size).toBe(10);
  // Its own, and that of an image that it mounts; the first one is shared.
  const script = "cat /other/top; ls /other/d; test -x /usr/bin/env || test -d /bin";
  expect(
    await ok("run", "--rm", "--mount", "type=image,src=ten,dst=/other", "nginx", "sh", "-c", script),
  ).toBe("9\n9");
  expect(layerMounts()).toEqual(held);
  await ok("create", "--name", "box", "ten", "true");
  const box = await ok("mount", "box");
  writeFileSync(join(box, "written"), "x");
  await ok("image", "unmount", "ten");
  expect(layerMounts()).toEqual(held);
  await ok("start", "-a", "box");
  expect(layerMounts()).toEqual(held);
  expect(readdirSync(join(box, "d"))).toEqual(["9"]);
  await ok("unmount", "box");
  expect(layerMounts().size).toBe(0);
  await ok("mount", "box");
  await ok("rm", "box");
});

test("cp, diff, commit, export of a container that is stopped leave no mount", async () => {
  await ok(
    "run",
    "--name",
    "box",
    "--network",
    "none",
    "ten",
    "sh",
    "-c",
    "rm /d/9; echo new >/new; echo x >>/top",
  );
  await ok("cp", "box:/top", join(work, "top"));
  expect(readFileSync(join(work, "top"), "utf8")).toBe("9\nx\n");
  writeFileSync(join(work, "in"), "in");
  await ok("cp", join(work, "in"), "box:/d/in");
  expect((await ok("diff", "box")).split("\n").sort()).toEqual([
    "A /d/in",
    "A /new",
    "C /d",
    "C /top",
    "D /d/9",
  ]);
  expect((await ok("image", "diff", "ten")).split("\n")).toContain("A /layer9");
  expect((await ok("diff", "ten", "ten:7")).split("\n")).toContain("A /layer9");
  await ok("export", "-o", join(work, "box.tar"), "box");
  const packed = (name: string) => host("tar", "-xOf", join(work, "box.tar"), name);
  expect(await Promise.all(["top", "new", "d/in"].map(packed))).toEqual(["9\nx", "new", "in"]);
  for (const squash of [[], ["--squash"]]) {
    await ok("commit", "-q", ...squash, "box", "made");
    expect(await ok("run", "--rm", "--network", "none", "made", "cat", "/top", "/d/in")).toBe("9\nx\nin");
    await ok("rmi", "made");
  }
  await ok("rm", "box");
});

test("an image that lost a layer says so, and leaves nothing; rmi leaves no file", async () => {
  await ok("run", "--name", "maker", "--network", "none", "busybox", "touch", "/lost");
  await ok("commit", "-q", "maker", "lost");
  await ok("rm", "maker");
  const [top] = await graphLayers("lost");
  const path = join(engine.root, "layers", top ?? "");
  expect(existsSync(path)).toBe(true);
  await execute(["mv", path, join(work, "lost-layer")]);
  const result = await pw("run", "--rm", "lost", "true");
  expect(result.stderr).toContain("is missing from the store");
  expect(result.code).toBe(125);
  await execute(["mv", join(work, "lost-layer"), path]);
  if (mounts) {
    await execute(["mv", join(path, "layer.tar"), join(work, "layer.tar")]);
    expect((await pw("run", "--rm", "lost", "true")).stderr).toContain("cannot be mounted");
    await execute(["mv", join(work, "layer.tar"), join(path, "layer.tar")]);
  }
  await ok("run", "--rm", "lost", "ls", "/lost");
  await ok("image", "mount", "lost");
  await ok("rmi", "lost");
  expect(existsSync(path)).toBe(false);
  expect(layerMounts().size).toBe(0);
});

/** Names of the layers' directories, the highest first. */
async function graphLayers(image: string): Promise<readonly string[]> {
  const [found] = (await json("image", "inspect", image)) as readonly {
    readonly GraphDriver: { readonly Data: { readonly UpperDir?: string; readonly LowerDir?: string } };
  }[];
  const { UpperDir = "", LowerDir = "" } = found?.GraphDriver.Data ?? {};
  return [UpperDir, ...LowerDir.split(":")].flatMap((path) => path.match(/[0-9a-f]{64}/) ?? []);
}

test("system reset takes mounted layers along", async () => {
  const other = openEngine("layers-reset");
  await other.ok("pull", "-q", "busybox");
  await other.ok("image", "mount", "busybox");
  await other.ok("run", "-d", "--network", "none", "busybox", "sleep", "1000");
  await other.ok("system", "reset", "-f");
  await waitFor("no mount", () => !readFileSync("/proc/self/mounts", "utf8").includes(other.runRoot));
  expect([existsSync(other.root), existsSync(other.runRoot)]).toEqual([false, false]);
});
