/** Named, anonymous and bind-mounted volumes: what is in them, who sees it, when they go. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, workDirectory, writeOwn } from "./engine.ts";
import { expectCleanEnd, type HostState } from "./host-state.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, json } = engine;
let before: HostState;

beforeAll(async () => {
  before = await warmUp(engine, "layers");
});

afterAll(() => expectCleanEnd(engine, before));

describe("a named volume", () => {
  test("is made, listed, inspected, used by two containers, and removed", async () => {
    expect(await ok("volume", "create", "--label", "a=b", "data")).toBe("data");
    expect(await ok("volume", "ls", "-q")).toBe("data");
    const [volume] = (await json("volume", "inspect", "data")) as readonly {
      Mountpoint: string;
      Labels: object;
    }[];
    expect(volume).toMatchObject({ Name: "data", Driver: "local", Labels: { a: "b" }, Scope: "local" });
    await ok("run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo kept > /d/file");
    expect(await ok("run", "--rm", "-v", "data:/e:ro", "busybox", "cat", "/e/file")).toBe("kept");
    expect(readFileSync(join(volume?.Mountpoint ?? "", "file"), "utf8")).toBe("kept\n");
    expect((await pw("run", "--rm", "-v", "data:/e:ro", "busybox", "touch", "/e/other")).code).not.toBe(0);
    expect(await ok("volume", "rm", "data")).toBe("data");
    expect((await pw("volume", "exists", "data")).code).toBe(1);
  });

  test("is made on first use, and filled with what the image has there", async () => {
    expect(
      await ok("run", "--rm", "-v", "fill:/data", "--entrypoint", "cat", "layers", "/data/sub/file"),
    ).toBe("volume");
    expect(await ok("run", "--rm", "-v", "fill:/x", "busybox", "stat", "-c", "%u:%g", "/x/sub/file")).toBe(
      "1000:1000",
    );
    await ok("volume", "rm", "fill");
  });

  test("in use cannot be removed: status 2, and says by whom", async () => {
    const id = await ok("create", "--name", "user", "-v", "busy:/d", "busybox", "true");
    const { code, stderr } = await pw("volume", "rm", "busy");
    expect(code).toBe(2);
    expect(stderr).toContain("volume busy is being used by the following container(s):");
    expect(stderr).toContain(id);
    await ok("rm", "user");
    await ok("volume", "rm", "busy");
  });

  test("a second of the same name is an error; prune takes what nobody uses", async () => {
    await ok("volume", "create", "twice");
    const { code, stderr } = await pw("volume", "create", "twice");
    expect(code).toBe(125);
    expect(stderr).toContain("volume with name twice already exists: volume already exists");
    await ok("volume", "rm", "twice");
    await ok("create", "--name", "keeper", "-v", "/anonymous", "busybox", "true");
    await ok("rm", "keeper");
    await ok("volume", "prune", "-f");
    expect(await ok("volume", "ls", "-q")).toBe("");
  });
});

describe("an anonymous volume", () => {
  test("of the image's VOLUME is filled from the image, and goes with --rm", async () => {
    expect(await ok("run", "--rm", "--entrypoint", "cat", "layers", "/data/sub/file")).toBe("volume");
    expect(await ok("volume", "ls", "-q")).toBe("");
  });

  test("stays with rm, goes with rm -v", async () => {
    await ok("create", "--name", "anonymous", "-v", "/v", "busybox", "true");
    await ok("start", "anonymous");
    expect(await ok("volume", "ls", "-q")).toMatch(/^[0-9a-f]{64}$/);
    await ok("rm", "-f", "-v", "anonymous");
    expect(await ok("volume", "ls", "-q")).toBe("");
  });

  test("of a member goes with the pod", async () => {
    await ok("pod", "create", "--name", "vols");
    await ok("run", "-d", "--pod", "vols", "-v", "/v", "busybox", "sleep", "100");
    await ok("pod", "rm", "-f", "-t", "0", "vols");
    expect(await ok("volume", "ls", "-q")).toBe("");
  });
});

describe("a bind mount", () => {
  test("shows the host's directory, read-write or read-only", async () => {
    const directory = workDirectory("bind-");
    writeFileSync(join(directory, "in"), "from the host\n");
    expect(
      await ok("run", "--rm", "-v", `${directory}:/b`, "busybox", "sh", "-c", "cat /b/in; echo out > /b/out"),
    ).toBe("from the host");
    expect(readFileSync(join(directory, "out"), "utf8")).toBe("out\n");
    const readOnly = await pw("run", "--rm", "-v", `${directory}:/b:ro`, "busybox", "touch", "/b/x");
    expect(readOnly.stderr).toContain("Read-only file system");
    const mounted = [
      "run",
      "--rm",
      "--mount",
      `type=bind,src=${directory},dst=/m,ro=true`,
      "busybox",
      "cat",
      "/m/in",
    ];
    expect(await ok(...mounted)).toBe("from the host");
  });

  test("of what is not there is an error that names it", async () => {
    const { code, stderr } = await pw("run", "--rm", "-v", "/no/such/place:/b", "busybox", "true");
    expect(code).toBe(125);
    expect(stderr).toContain("/no/such/place");
    expect(stderr).toContain("no such file or directory");
  });

  test("twice at one place is an error", async () => {
    const { code, stderr } = await pw("run", "--rm", "-v", "/etc:/b", "-v", "/usr:/b", "busybox", "true");
    expect(code).toBe(125);
    expect(stderr).toContain("/b: duplicate mount destination");
  });

  test("is not followed out of the container by a symlink in the image", async () => {
    const directory = workDirectory("link-");
    mkdirSync(join(directory, "sub"));
    await ok(
      "run",
      "--rm",
      "-v",
      `${directory}:/l/symbolic`,
      "--entrypoint",
      "touch",
      "layers",
      "/l/symbolic/here",
    ).catch(() => undefined);
    expect((await pw("run", "--rm", "busybox", "ls", "/here")).code).not.toBe(0);
  });
});

test("--tmpfs is memory of the container's own, with the options asked for", async () => {
  const line = await ok(
    "run",
    "--rm",
    "--tmpfs",
    "/t:size=1m,mode=1700",
    "busybox",
    "sh",
    "-c",
    "grep ' /t ' /proc/mounts",
  );
  expect(line).toMatch(/^tmpfs \/t tmpfs .*size=1024k,mode=1700/);
});

test("the members of a pod share what `pod create -v` mounts", async () => {
  await ok("pod", "create", "--name", "shared", "-v", "common:/common");
  await ok("run", "--rm", "--pod", "shared", "busybox", "sh", "-c", "echo one > /common/file");
  expect(await ok("run", "--rm", "--pod", "shared", "busybox", "cat", "/common/file")).toBe("one");
  await ok("pod", "rm", "-f", "-t", "0", "shared");
  await ok("volume", "rm", "common");
});

test("an image, an overlay of a directory and files that a pattern matches are mounted, and go with the run", async () => {
  const directory = workDirectory("sources-");
  for (const name of ["one", "two"]) writeOwn(join(directory, name), `${name}\n`);
  const script =
    "ls -d /image/l; echo changed > /over/one; cat /over/one /glob/*; touch /image/x 2>/dev/null || echo read-only";
  const flags = [
    "--mount=type=image,src=layers,dst=/image",
    `--mount=type=glob,src=${directory}/t*,dst=/glob,ro`,
    `-v=${directory}:/over:O`,
  ];
  const id = await ok("create", "--name", "sources", ...flags, "busybox", "sh", "-c", script);
  for (let run = 0; run < 2; run++) {
    expect(await ok("start", "-a", "sources")).toBe("/image/l\nchanged\ntwo\nread-only");
  }
  expect(await Bun.file(join(directory, "one")).text()).toBe("one\n");
  const refused = await pw("rmi", "layers");
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`image used by ${id}`)]);
  await ok("rm", "sources");
});
