import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { PullProgress, PullRequest } from "@podwright/spec/engine-api/images";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { testImageContext } from "../../testing/image-context.ts";
import { type ImageSpec, OciLayout } from "../../testing/oci-builder.ts";
import { type RegistryServer, startRegistry } from "../../testing/registry-server.ts";
import { dir, file } from "../../testing/tar-builder.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import { ensureImage } from "./ensure.ts";
import { pullImages } from "./pull.ts";
import { removeImages } from "./remove.ts";
import { findImage } from "./resolve.ts";

let shared: string;
let registry: RegistryServer;
let locked: RegistryServer;
let index: { digest: string; manifests: string[] };

/** testuser:testpassword, bcrypt. */
const USERS =
  Bun.spawnSync(["true"]).exitCode === 0
    ? `testuser:${Bun.password.hashSync("testpassword", { algorithm: "bcrypt", cost: 4 })}\n`
    : "";
const base = { files: [dir("./"), dir("etc/"), file("etc/base", "base")] };
const three: ImageSpec = {
  layers: [
    base,
    { files: [file("etc/mid", "m")], compression: "zstd" },
    { files: [file("etc/top", "t")], compression: "none" },
  ],
  config: { Env: ["A=1"], Labels: { app: "three" } },
};

beforeAll(async () => {
  shared = mkdtempSync("/tmp/podwright-pull-");
  mkdirSync(`${shared}/open`);
  mkdirSync(`${shared}/locked`);
  registry = await startRegistry(`${shared}/open`);
  locked = await startRegistry(`${shared}/locked`, USERS);
  const layout = new OciLayout(`${shared}/oci`);
  layout.add("three", three);
  layout.add("two", { layers: [base, { files: [file("etc/other", "o")] }] });
  index = layout.addIndex("multi", [
    { layers: [{ files: [file("arch", "amd64")] }] },
    { layers: [{ files: [file("arch", "arm64")] }], architecture: "arm64", variant: "v8" },
  ]);
  const at = layout.directory;
  registry.push(at, "three", "lib/three:1");
  registry.push(at, "three", "lib/three:latest");
  registry.push(at, "two", "lib/two:latest");
  registry.push(at, "multi", "lib/multi:latest");
  registry.push(at, "two", "docker/two:latest", "--format", "v2s2");
  locked.push(at, "two", "private/two:latest", "--dest-creds", "testuser:testpassword");
}, 60_000);

afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await locked[Symbol.asyncDispose]();
  rmSync(shared, { recursive: true, force: true });
});

let home: string;
let ctx: ReturnType<typeof testImageContext>;
let events: PullProgress[];
beforeEach(() => {
  home = mkdtempSync("/tmp/podwright-home-");
  ctx = testImageContext(home, registriesConf());
  events = [];
});
afterEach(() => {
  ctx[Symbol.dispose]();
  rmSync(home, { recursive: true, force: true });
});

const insecure = (host: string): string => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`;
const registriesConf = (): string => `${insecure(registry.host)}${insecure(locked.host)}`;

async function pull(reference: string, more: Partial<PullRequest> = {}): Promise<ImageRecord> {
  const request: PullRequest = { reference, policy: "always", retry: 1, retryDelay: 10, ...more };
  const [image] = await pullImages(ctx, request, { progress: (event) => events.push(event) });
  if (image === undefined) throw new Error("nothing pulled");
  return image;
}

const failure = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => "no failure",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** What the layers give together, seen through a real overlay mount. */
async function merged(image: ImageRecord): Promise<string> {
  const lower = image.layers
    .map((chainId) => ctx.layerMounts.directory(chainId))
    .reverse()
    .join(":");
  const script = `mkdir -p ${home}/m && mount -t overlay overlay -o lowerdir=${lower.includes(":") ? lower : `${lower}:${home}/m`} ${home}/m && cd ${home}/m && find . -type f | sort`;
  return Bun.spawnSync(["unshare", "-m", "sh", "-c", script]).stdout.toString().trim().split("\n").join(" ");
}

function leftovers(): string[] {
  const list = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
  return [
    ...list(`${home}/root/staging`),
    ...list(`${home}/run/locks`).filter((name) => name !== "images-adding"),
  ];
}

describe("pull from a registry", () => {
  test("brings layers of every compression, one tree, one record", async () => {
    const image = await pull(`${registry.host}/lib/three:1`);
    expect(image.names).toEqual([`${registry.host}/lib/three:1`]);
    expect(image.config.config?.Labels).toEqual({ app: "three" });
    expect(await merged(image)).toBe("./etc/base ./etc/mid ./etc/top");
    expect(image.size).toBe(6);
    expect(ctx.store.images.layers().map(({ blobDigests }) => blobDigests.length)).toEqual([1, 1, 1]);
    expect(await ctx.blobs.list()).toContain(image.digest);
    expect(leftovers()).toEqual([]);
    const states = events.flatMap((event) => (event.kind === "blob" ? [`${event.what} ${event.state}`] : []));
    expect(states.filter((state) => state === "layer done")).toHaveLength(3);
    expect(events[0]).toEqual({ kind: "trying", reference: `${registry.host}/lib/three:1` });
  });

  test("moves no blob for an image that is there, and only the missing ones for its relative", async () => {
    await pull(`${registry.host}/lib/three`);
    const before = registry.blobRequests().length;
    const again = await pull(`${registry.host}/lib/three:1`);
    expect(again.names).toHaveLength(2);
    expect(registry.blobRequests().slice(before)).toEqual([]);
    await pull(`${registry.host}/lib/two`);
    // Its config and its second layer.
    expect(registry.blobRequests().slice(before)).toHaveLength(2);
  });

  test("asks again for a configuration that the disk has spoilt", async () => {
    const { id } = await pull(`${registry.host}/lib/three`);
    writeFileSync(`${home}/root/blobs/sha256/${id}`, "{}");
    const before = registry.blobRequests().length;
    await pull(`${registry.host}/lib/three`);
    expect(registry.blobRequests().slice(before)).toEqual([`GET sha256:${id}`]);
    expect(readFileSync(`${home}/root/blobs/sha256/${id}`, "utf8")).toContain("three");
  });

  test("chooses from an index by platform", async () => {
    const native = await pull(`${registry.host}/lib/multi`);
    expect(native.digest).toBe(String(index.manifests[0]));
    expect(native.repoDigests).toEqual([
      `${registry.host}/lib/multi@${index.digest}`,
      `${registry.host}/lib/multi@${index.manifests[0]}`,
    ]);
    const arm = await pull(`${registry.host}/lib/multi`, { platform: { arch: "arm64" } });
    expect(arm.config.architecture).toBe("arm64");
    expect(ctx.store.images.get(native.id)?.names).toEqual([]);
    expect(await failure(pull(`${registry.host}/lib/multi`, { platform: { arch: "s390x" } }))).toContain(
      'no image found in image index for architecture "s390x", variant "", OS "linux"',
    );
  });

  test("takes digests of indexes and of manifests", async () => {
    const name = `${registry.host}/lib/multi@${index.digest}`;
    const image = await pull(name);
    expect(image.names).toEqual([name]);
    expect(findImage(ctx, name)?.image.id).toBe(image.id);
    expect((await pull(`${registry.host}/lib/multi@${index.manifests[1]}`)).config.architecture).toBe(
      "arm64",
    );
  });

  test("takes Docker's schema 2", async () => {
    const image = await pull(`${registry.host}/docker/two`);
    expect(image.manifestType).toBe("application/vnd.docker.distribution.manifest.v2+json");
    expect(await merged(image)).toBe("./etc/base ./etc/other");
  });

  test("pulls all tags", async () => {
    const request: PullRequest = { reference: `${registry.host}/lib/three`, policy: "always", allTags: true };
    const images = await pullImages(ctx, request, { progress: () => {} });
    expect(new Set(images.map(({ id }) => id)).size).toBe(1);
    expect(ctx.store.images.list()[0]?.names.toSorted()).toEqual([
      `${registry.host}/lib/three:1`,
      `${registry.host}/lib/three:latest`,
    ]);
  });

  test("shares the work of two pulls at once", async () => {
    const before = registry.blobRequests().length;
    await Promise.all([pull(`${registry.host}/lib/three`), pull(`${registry.host}/lib/three`)]);
    const layers = registry
      .blobRequests()
      .slice(before)
      .filter((request, at, all) => all.indexOf(request) !== at);
    // The config is read by both, no layer is.
    expect(layers).toHaveLength(1);
    expect(leftovers()).toEqual([]);
  });

  test("follows the policies", async () => {
    const reference = `${registry.host}/lib/two`;
    const ensure = (policy: PullRequest["policy"]): Promise<ImageRecord> =>
      ensureImage(ctx, { reference, policy, progress: (event) => events.push(event) });
    expect(await failure(ensure("never"))).toBe(`${reference}: image not known`);
    const first = await ensure("missing");
    events = [];
    expect((await ensure("missing")).id).toBe(first.id);
    expect((await ensure("never")).id).toBe(first.id);
    expect((await ensure("newer")).id).toBe(first.id);
    expect(events).toEqual([]);
    expect((await ensure("always")).id).toBe(first.id);
    expect(events[0]?.kind).toBe("trying");
  });
});

describe("names", () => {
  test("go by aliases, then by search registries, with every failure told", async () => {
    ctx[Symbol.dispose]();
    ctx = testImageContext(
      home,
      `unqualified-search-registries = ["${locked.host}", "${registry.host}"]\n${registriesConf()}[aliases]\n"friend" = "${registry.host}/lib/two"\n`,
    );
    expect((await pull("friend")).names).toEqual([`${registry.host}/lib/two:latest`]);
    expect((await pull("lib/three:1")).names).toEqual([`${registry.host}/lib/three:1`]);
    expect(findImage(ctx, "three:1")?.name).toBe(`${registry.host}/lib/three:1`);
    const text = await failure(pull("lib/none"));
    expect(text).toStartWith("2 errors occurred while pulling:\n\t* initializing source docker://");
    expect(text).toContain(`reading manifest latest in ${registry.host}/lib/none: manifest unknown`);
  });

  test("without search registries in the file are refused, as Podman does", async () => {
    expect(await failure(pull("nginx"))).toStartWith(
      'short-name "nginx" did not resolve to an alias and no unqualified-search registries are defined in',
    );
  });

  test("go to mirrors in order, then to the registry itself", async () => {
    ctx[Symbol.dispose]();
    ctx = testImageContext(
      home,
      `[[registry]]\nprefix = "docker.io"\nlocation = "127.0.0.1:1"\n[[registry.mirror]]\nlocation = "127.0.0.1:2/x"\n[[registry.mirror]]\nlocation = "${registry.host}"\ninsecure = true\n`,
    );
    expect((await pull("docker.io/lib/two")).names).toEqual(["docker.io/lib/two:latest"]);
    const text = await failure(pull("docker.io/lib/none"));
    expect(text).toContain(
      "initializing source docker://docker.io/lib/none:latest: (Mirrors also failed: [127.0.0.1:2/x/lib/none:latest: pinging container registry 127.0.0.1:2:",
    );
    expect(text).toEndWith(
      '127.0.0.1:1/lib/none:latest: pinging container registry 127.0.0.1:1: Get "https://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    );
  });

  test("of a blocked registry are refused", async () => {
    ctx[Symbol.dispose]();
    ctx = testImageContext(home, `[[registry]]\nlocation = "${registry.host}"\nblocked = true\n`);
    expect(await failure(pull(`${registry.host}/lib/two`))).toContain("is blocked in");
  });
});

describe("a registry that asks who we are", () => {
  const name = (): string => `${locked.host}/private/two`;

  test("gets basic credentials from the command line or auth.json", async () => {
    expect(await failure(pull(name()))).toContain("authentication required");
    expect(await failure(pull(name(), { creds: "testuser:wrong" }))).toContain("unauthorized");
    expect((await pull(name(), { creds: "testuser:testpassword" })).names).toHaveLength(1);
    mkdirSync(`${home}/containers`);
    const auth = Buffer.from("testuser:testpassword").toString("base64");
    const wrong = Buffer.from("testuser:nonsense").toString("base64");
    const auths = { [locked.host]: { auth: wrong }, [`${locked.host}/private`]: { auth } };
    writeFileSync(`${home}/containers/auth.json`, JSON.stringify({ auths }));
    expect((await pull(name())).names).toHaveLength(1);
  });

  test("gets them from a credential helper", async () => {
    const helper = `#!/bin/sh\nread host\nprintf '{"Username":"testuser","Secret":"testpassword"}'\n`;
    writeFileSync(`${home}/docker-credential-test`, helper, { mode: 0o755 });
    mkdirSync(`${home}/containers`);
    writeFileSync(`${home}/containers/auth.json`, JSON.stringify({ credHelpers: { [locked.host]: "test" } }));
    const path = process.env["PATH"];
    process.env["PATH"] = `${home}:${path}`;
    try {
      ctx[Symbol.dispose]();
      ctx = testImageContext(home, registriesConf());
      expect((await pull(name())).names).toHaveLength(1);
    } finally {
      process.env["PATH"] = path;
    }
  });
});

describe("rmi", () => {
  const options = { force: false, ignore: false, noPrune: false, all: false };

  test("takes a name away, then the image with the last one, and leaves what others need", async () => {
    const image = await pull(`${registry.host}/lib/three`);
    await pull(`${registry.host}/lib/three:1`);
    const two = await pull(`${registry.host}/lib/two`);
    const [first] = await removeImages(ctx, ["three:1"], options);
    expect(first?.untagged).toEqual([`${registry.host}/lib/three:1`]);
    const [last, unknown] = await removeImages(ctx, [`${registry.host}/lib/three`, "nothing"], options);
    expect(last?.deleted).toEqual([image.id]);
    expect(unknown?.error?.message).toBe("nothing: image not known");
    expect((await ctx.layers.list()).toSorted()).toEqual(two.layers.toSorted());
    await removeImages(ctx, [], { ...options, all: true });
    expect([await ctx.layers.list(), await ctx.blobs.list(), leftovers()]).toEqual([[], [], []]);
  });
});

test("a wrong diffID leaves nothing", async () => {
  const layout = new OciLayout(`${home}/bad`);
  layout.add("bad", { layers: [base, { files: [file("x")], diffId: `sha256:${"0".repeat(64)}` }] });
  const text = await failure(pull(`oci:${home}/bad:bad`));
  expect(text).toContain("uncompressed digest did not match, the config says sha256:000");
  expect(ctx.store.images.list()).toEqual([]);
  // What was whole before the failure is swept by the next command that adds or prunes.
  await pull(`${registry.host}/lib/multi`);
  expect(await ctx.layers.list()).toHaveLength(1);
  expect(leftovers()).toEqual([]);
});

/** They die with their parent, but not at once, and until then the locks of their areas say that they work. */
async function untilUnpackersAreGone(): Promise<void> {
  const isHeld = (area: string): boolean =>
    Bun.spawnSync(["flock", "-n", `${home}/root/staging/${area}`, "true"]).exitCode !== 0;
  const alive = (): boolean => readdirSync(`${home}/root/staging`).some(isHeld);
  for (let waited = 0; alive() && waited < 10_000; waited += 20) await Bun.sleep(20);
}

test("a pull that is killed leaves nothing that the next one does not clean", async () => {
  const big = Buffer.alloc(8 << 20, 1);
  const layout = new OciLayout(`${home}/big`);
  for (let layer = 0; layer < 3; layer++) big.writeUInt32LE(layer, 0);
  layout.add("big", {
    layers: [base, { files: [file("b", big), file("c", big)] }, { files: [file("d", big)] }],
  });
  registry.push(layout.directory, "big", "lib/big:latest");
  const program = `${import.meta.dir}/../../testing/pull-main.ts`;
  for (const delay of [30, 60, 90, 120, 150, 200, 260, 330]) {
    const child = Bun.spawn([process.execPath, program, home, `${registry.host}/lib/big`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await Bun.sleep(delay);
    child.kill(9);
    await child.exited;
  }
  await untilUnpackersAreGone();
  await pull(`${registry.host}/lib/two`);
  const complete = findImage(ctx, `${registry.host}/lib/big`)?.image.layers ?? [];
  const two = findImage(ctx, `${registry.host}/lib/two`)?.image.layers ?? [];
  expect((await ctx.layers.list()).toSorted()).toEqual([...new Set([...complete, ...two])].toSorted());
  expect(readdirSync(`${home}/root/staging`)).toEqual([]);
  expect((await merged(await pull(`${registry.host}/lib/big`))).split(" ")).toContain("./d");
}, 30_000);

test("layers of an image share no file with what the archive names elsewhere", async () => {
  const image = await pull(`${registry.host}/lib/two`);
  const [lowest] = image.layers.map((chainId) => ctx.layerMounts.directory(chainId));
  expect(readFileSync(`${lowest}/etc/base`, "utf8")).toBe("base");
});
