/** Images from a real registry and from archives: what arrives, what it is called, what goes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { execute, host, openEngine, setting, workDirectory } from "./engine.ts";
import { expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine("images");
const { ok, pw, json } = engine;
const REGISTRY = setting("REGISTRY");
const work = workDirectory("archives-");
let before: HostState;

beforeAll(async () => {
  expect(await ok("images", "-q")).toBe("");
  await warmUp(engine);
  await ok("rmi", "busybox");
  before = await hostState(engine);
});

afterAll(async () => {
  await ok("rmi", "-f", "-a");
  await expectCleanEnd(engine, before);
});

function copy(source: string, target: string): Promise<string> {
  return host("skopeo", "copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", source, target);
}

/** A tree that shows what layers do to one another. */
async function checkLayers(image: string): Promise<void> {
  const script = `
    cd /l; ls; cat changed opaque/above hard-b symbolic; test -p pipe && echo pipe
    stat -c '%u:%g %a' owned; [ "$(stat -c %i hard-a)" = "$(stat -c %i hard-b)" ] && echo same; ls opaque`;
  const output = await ok("run", "--rm", "--entrypoint", "sh", image, "-c", script);
  const names = "changed hard-a hard-b kept opaque owned pipe symbolic";
  const contents = ["two", "two", "link", "one", "pipe", "1000:2000 2750", "same", "above"];
  expect(output.split("\n")).toEqual(names.split(" ").concat(contents));
}

describe("pull", () => {
  test("a short name comes from docker.io's mirror; the id is printed, the image listed", async () => {
    const pulled = await pw("pull", "busybox");
    expect(pulled.code).toBe(0);
    expect(pulled.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(pulled.stderr).toContain("docker.io/library/busybox:latest");
    const [heading, row] = (await ok("images")).split("\n");
    expect(heading).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
    expect(row).toMatch(
      new RegExp(`^docker\\.io/library/busybox +latest +${pulled.stdout.slice(0, 12)} +.* ago +[\\d.]+ MB$`),
    );
  });

  test("--quiet prints the id alone; a second pull moves no blob", async () => {
    const again = await pw("pull", "-q", "docker.io/library/busybox:latest");
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    const log = await Bun.file(join(setting("WORK"), "registry.log")).text();
    expect(log).not.toContain("panic");
  });

  test("by digest, and from a registry named with its port", async () => {
    const digest = await ok("image", "inspect", "-f", "{{.Digest}}", "busybox");
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    await ok("pull", "-q", "--tls-verify=false", `${REGISTRY}/library/busybox@${digest}`);
    expect((await pw("image", "exists", `${REGISTRY}/library/busybox@${digest}`)).code).toBe(0);
    await ok("rmi", `${REGISTRY}/library/busybox@${digest}`);
    const wrong = `sha256:${"0".repeat(64)}`;
    expect((await pw("pull", "-q", "--tls-verify=false", `${REGISTRY}/library/busybox@${wrong}`)).code).toBe(
      125,
    );
  });

  test("three layers: white-outs, an opaque directory, hard links, owners, modes", async () => {
    await ok("pull", "-q", "layers");
    await checkLayers("layers");
  });

  test("an image for another machine is refused with its name", async () => {
    const { code, stderr } = await pw(
      "pull",
      "--platform",
      "linux/s390x",
      "--tls-verify=false",
      `${REGISTRY}/library/none`,
    );
    expect(code).toBe(125);
    expect(stderr).toContain("none");
  });
});

describe("names", () => {
  test("tag, untag, exists, inspect, rmi of one name and of the last", async () => {
    await ok("pull", "-q", "busybox");
    const id = await ok("image", "inspect", "-f", "{{.Id}}", "busybox");
    await ok("tag", "busybox", "mine:v1", "localhost/other");
    expect(await ok("image", "inspect", "-f", "{{.Id}}", "mine:v1")).toBe(id);
    expect((await pw("image", "exists", "localhost/mine:v1")).code).toBe(0);
    await ok("untag", "busybox", "localhost/other");
    expect((await pw("image", "exists", "localhost/other")).code).toBe(1);
    expect(await ok("rmi", "mine:v1")).toBe("Untagged: localhost/mine:v1");
    const gone = await ok("rmi", "busybox");
    expect(gone).toContain("Untagged: docker.io/library/busybox:latest");
    expect(gone).toContain(`Deleted: ${id}`);
    expect((await pw("image", "exists", id)).code).toBe(1);
  });

  test("image tree names the image where its last layer is drawn", async () => {
    await ok("pull", "-q", "busybox");
    await ok("tag", "busybox", "another");
    const drawn = await ok("image", "tree", "another");
    expect(drawn).toMatch(/^Image ID: [0-9a-f]{12}\nTags: {5}\[localhost\/another:latest docker\.io/);
    expect(drawn).toMatch(
      /\n└── ID: [0-9a-f]{12} Size: +\S+ Top Layer of: \[localhost\/another:latest docker\.io/,
    );
    await ok("rmi", "another", "busybox");
  });

  test("an image in use is kept: status 2, and says by whom", async () => {
    const id = await ok("create", "--name", "holder", "busybox", "true");
    const { code, stderr } = await pw("rmi", "busybox");
    expect(code).toBe(2);
    expect(stderr).toContain(`image used by ${id}: image is in use by a container`);
    await ok("rm", "holder");
    await ok("rmi", "busybox");
  });
});

describe("archives", () => {
  test("load reads docker-archive and oci-archive, and keeps their names", async () => {
    for (const kind of ["docker-archive", "oci-archive"]) {
      const file = join(work, `${kind}.tar`);
      await copy(`docker://${REGISTRY}/library/layers`, `${kind}:${file}:localhost/loaded:${kind}`);
      expect(await ok("load", "-q", "-i", file)).toBe(`Loaded image: localhost/loaded:${kind}`);
      await checkLayers(`localhost/loaded:${kind}`);
      await ok("rmi", `localhost/loaded:${kind}`);
    }
  });

  test("load of what is no image is an error, and leaves nothing", async () => {
    const file = join(work, "nonsense");
    await Bun.write(file, "not an archive");
    const { code, stderr } = await pw("load", "-i", file);
    expect(code).toBe(125);
    expect(stderr).toContain("payload does not match any of the supported image formats");
    await expectNoStage();
  });

  test("import makes an image of a plain tar, with --change", async () => {
    const tree = join(work, "tree");
    mkdirSync(tree);
    await Bun.write(join(tree, "hello"), "hello from a tar\n");
    const file = join(work, "tree.tar");
    await host("tar", "-C", tree, "-cf", file, ".");
    await ok("import", "-q", "--change", "ENV=A=b", "--message", "by hand", file, "imported:now");
    const [image] = (await json("image", "inspect", "imported:now")) as readonly {
      Config: { Env: readonly string[] };
    }[];
    expect(image?.Config.Env).toContain("A=b");
    await ok("rmi", "imported:now");
  });
});

/** What an unfinished layer would be staged in. */
async function expectNoStage(): Promise<void> {
  const found = await execute(["find", engine.root, "-name", "*stage*", "-path", "*/*stage*/*"]);
  expect(found.stdout).toBe("");
}
