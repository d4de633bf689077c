import type { ImageContext } from "./context.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { PullProgress, PushRequest, SaveFormat } from "@podwright/spec/engine-api/images";
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
import { OciLayout } from "../../testing/oci-builder.ts";
import { type RegistryServer, startRegistry } from "../../testing/registry-server.ts";
import { dir, file, symlink } from "../../testing/tar-builder.ts";
import { loadImages } from "./load.ts";
import { pullImages } from "./pull.ts";
import { pushImage } from "./push.ts";
import { removeImages } from "./remove.ts";
import { findImage } from "./resolve.ts";
import { saveImages } from "./save.ts";

let shared: string;
let registry: RegistryServer;
let locked: RegistryServer;

beforeAll(async () => {
  shared = mkdtempSync("/tmp/podwright-push-");
  for (const name of ["open", "locked"]) mkdirSync(`${shared}/${name}`);
  registry = await startRegistry(`${shared}/open`);
  const hash = Bun.password.hashSync("testpassword", { algorithm: "bcrypt", cost: 4 });
  locked = await startRegistry(`${shared}/locked`, `testuser:${hash}\n`);
  const layout = new OciLayout(`${shared}/oci`);
  const base = {
    files: [dir("./"), dir("etc/"), file("etc/base", "base".repeat(5000)), symlink("link", "etc")],
  };
  layout.add("three", {
    layers: [
      base,
      { files: [file("etc/mid", "m")], compression: "zstd" },
      { files: [file("etc/top", "t")], compression: "none" },
    ],
    config: { Labels: { app: "three" } },
  });
  layout.add("two", { layers: [base, { files: [file("etc/other", "o")] }] });
  registry.push(layout.directory, "three", "lib/three:1");
  registry.push(layout.directory, "two", "lib/two:1");
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await locked[Symbol.asyncDispose]();
  rmSync(shared, { recursive: true, force: true });
});

let directory: string;
let ctx: ReturnType<typeof testImageContext>;
beforeEach(() => {
  directory = mkdtempSync("/tmp/podwright-push-store-");
  ctx = testImageContext(
    directory,
    [registry, locked].map(({ host }) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`).join(""),
  );
});
afterEach(() => {
  ctx[Symbol.dispose]();
  rmSync(directory, { recursive: true, force: true });
});

const quiet: { progress: (event: PullProgress) => void } = { progress: () => {} };
const policy = "always" as const;

async function pull(name: string): Promise<string> {
  const [image] = await pullImages(ctx, { reference: `${registry.host}/${name}`, policy }, quiet);
  return image?.id ?? "";
}

function push(source: string, destination: string, more: Partial<PushRequest> = {}): Promise<string> {
  const request = { source, destination, forceCompression: false, compress: false, ...more };
  return pushImage(ctx, request, quiet);
}

/** Requests that carried a blob's bytes into the registry since `since`. */
function uploads(name: "open" | "locked", since = 0): string[] {
  const log = readFileSync(`${shared}/${name}/log`, "utf8").slice(since);
  return [...log.matchAll(/"PATCH (\/v2\/\S+)\/blobs\/uploads/g)].map(([, path]) => path ?? "");
}
const logLength = (name: "open" | "locked"): number => readFileSync(`${shared}/${name}/log`, "utf8").length;

interface Manifest {
  mediaType: string;
  layers: { mediaType: string; digest: string }[];
}

async function manifestOf(host: string, name: string): Promise<Manifest> {
  const accept =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
  const credentials = `Basic ${Buffer.from("testuser:testpassword").toString("base64")}`;
  const [path, tag] = name.split(":");
  const response = await fetch(`http://${host}/v2/${path}/manifests/${tag}`, {
    headers: { accept, authorization: credentials },
  });
  return (await response.json()) as Manifest;
}

describe("push", () => {
  test("an unchanged image goes to another repository without a byte of its layers, digests and all", async () => {
    const id = await pull("lib/two:1");
    const since = logLength("open");
    const digest = await push(`${registry.host}/lib/two:1`, `docker://${registry.host}/copy/two:a`);
    await Bun.sleep(50);
    expect(uploads("open", since)).toEqual([]);
    expect(digest).toBe(ctx.store.images.get(id)?.digest ?? "");
    expect(await manifestOf(registry.host, "copy/two:a")).toEqual(
      await manifestOf(registry.host, "lib/two:1"),
    );
  });

  test("what another registry lacks is packed anew, once; the image stays itself", async () => {
    const id = await pull("lib/three:1");
    const creds = "testuser:testpassword";
    await push(id, `${locked.host}/mine/three:1`, { creds });
    const first = await manifestOf(locked.host, "mine/three:1");
    expect(first.layers.map(({ mediaType }) => mediaType)).toEqual(
      Array.from({ length: 3 }, () => "application/vnd.oci.image.layer.v1.tar+gzip"),
    );
    const since = logLength("locked");
    await push(id, `${locked.host}/mine/three:2`, { creds });
    await Bun.sleep(50);
    expect(uploads("locked", since)).toEqual([]);
    expect(await manifestOf(locked.host, "mine/three:2")).toEqual(first);
    await removeImages(ctx, [id], { all: false, force: true, ignore: false, noPrune: false });
    const [back] = await pullImages(ctx, { reference: `${locked.host}/mine/three:1`, policy, creds }, quiet);
    expect(back?.id).toBe(id);
  });

  test("as the configuration says where the caller says nothing", async () => {
    await pull("lib/two:1");
    const name = `${registry.host}/lib/two:1`;
    const configured = (format: string): ImageContext => ({ ...ctx, pushCompression: { format, level: 3 } });
    const request = { source: name, forceCompression: true, compress: false };
    const to = (tag: string) => ({ ...request, destination: `${registry.host}/set:${tag}` });
    await pushImage(configured("zstd:chunked"), to("zstd"), quiet);
    expect((await manifestOf(registry.host, "set:zstd")).layers[0]?.mediaType).toEndWith("tar+zstd");
    await pushImage(configured("zstd"), { ...to("gzip"), compression: { format: "gzip" } }, quiet);
    expect((await manifestOf(registry.host, "set:gzip")).layers[0]?.mediaType).toEndWith("tar+gzip");
    await expect(pushImage(configured("lzma"), to("lzma"), quiet)).rejects.toThrow(
      'unknown compression algorithm "lzma"',
    );
  });

  test("in the form and the compression that is asked for", async () => {
    await pull("lib/two:1");
    const name = `${registry.host}/lib/two:1`;
    await push(name, `${registry.host}/forms:docker`, { format: "v2s2" });
    expect(await manifestOf(registry.host, "forms:docker")).toMatchObject({
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      layers: [{ mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip" }, {}],
    });
    await push(name, `${registry.host}/forms:zstd`, {
      compression: { format: "zstd" },
      forceCompression: true,
    });
    expect((await manifestOf(registry.host, "forms:zstd")).layers[0]?.mediaType).toEndWith("tar+zstd");
    await expect(
      push(name, `${registry.host}/forms:no`, { compression: { format: "zstd" }, format: "v2s2" }),
    ).rejects.toThrow("zstd cannot be used with manifest format v2s2");
    await expect(push(name, `${registry.host}/forms:no`, { format: "v3" })).rejects.toThrow(
      'unknown format "v3"',
    );
  });

  test("who may not push is told before a layer is packed", async () => {
    await pull("lib/two:1");
    const where = `${locked.host}/not/mine:1`;
    const said = `exists in ${locked.host}/not/mine: authentication required`;
    await expect(push(`${registry.host}/lib/two:1`, where)).rejects.toThrow(said);
    await expect(push(`${registry.host}/lib/two:1`, where, { creds: "testuser:wrong" })).rejects.toThrow(
      said,
    );
  });

  test("names that lead nowhere are refused", async () => {
    const id = await pull("lib/two:1");
    const request = { source: id, forceCompression: false, compress: false };
    await expect(pushImage(ctx, request, quiet)).rejects.toThrow("cannot be pushed without a destination");
    await expect(push(id, "docker-daemon:x")).rejects.toThrow('transport "docker-daemon" is not supported');
    await expect(push(id, `${registry.host}/x@sha256:${"0".repeat(64)}`)).rejects.toThrow("give a tag");
    await expect(push("nothing", "dir:/nowhere")).rejects.toMatchObject({ code: "IMAGE_NOT_KNOWN" });
  });

  test("a layer whose files were changed is not passed off as the image's", async () => {
    const id = await pull("lib/two:1");
    const [chainId = ""] = ctx.store.images.get(id)?.layers ?? [];
    writeFileSync(`${ctx.layerMounts.directory(chainId)}/etc/base`, "BASE".repeat(5000));
    const creds = "testuser:testpassword";
    await expect(push(id, `${locked.host}/changed:1`, { creds })).rejects.toMatchObject({
      code: "IMAGE_LAYER_CHANGED",
      message: expect.stringContaining("its files were changed in the store"),
    });
    expect(await manifestOf(locked.host, "changed:1")).toHaveProperty("errors");
    const output = `${directory}/changed.tar`;
    await expect(save([id], "docker-archive", output)).rejects.toThrow("changed in the store");
    expect(readdirSync(directory).filter((name) => name.includes("changed"))).toEqual([]);
  });
});

function save(names: readonly string[], format: SaveFormat, output: string): Promise<void> {
  const request = { names, additionalTags: [], format, output, compress: false, uncompressed: false };
  return saveImages(ctx, request, quiet);
}

/** The image's id as skopeo sees it: the digest of its configuration. */
function skopeoId(source: string): string {
  const raw = Bun.spawnSync(["skopeo", "inspect", "--raw", source]);
  if (raw.exitCode !== 0) throw new Error(raw.stderr.toString());
  return (JSON.parse(raw.stdout.toString()) as { config: { digest: string } }).config.digest.slice(7);
}

describe("save", () => {
  test.each<[SaveFormat, (path: string) => string]>([
    ["docker-archive", (path) => `docker-archive:${path}`],
    ["oci-archive", (path) => `oci-archive:${path}`],
    ["oci-dir", (path) => `oci:${path}`],
    ["docker-dir", (path) => `dir:${path}`],
  ])("%s: others read it, load takes it back, the id stays", async (format, source) => {
    const id = await pull("lib/three:1");
    const name = `${registry.host}/lib/three:1`;
    const output = `${directory}/saved`;
    await save([name], format, output);
    expect(skopeoId(source(output))).toBe(id);
    const copied = Bun.spawnSync(["skopeo", "copy", "-q", source(output), `dir:${directory}/copied`]);
    expect([copied.exitCode, copied.stderr.toString()]).toEqual([0, ""]);
    await removeImages(ctx, [id], { all: false, force: true, ignore: false, noPrune: false });
    const loaded = await loadImages(ctx, output, quiet);
    expect(loaded).toEqual([format === "docker-dir" ? `sha256:${id}` : name]);
    expect(findImage(ctx, id)?.image.layers.length).toBe(3);
    expect(readdirSync(`${directory}/root/staging`)).toEqual([]);
  });

  test("several images are one archive; what they share is in it once", async () => {
    const two = await pull("lib/two:1");
    await pull("lib/three:1");
    const output = `${directory}/both.tar`;
    const names = [`${registry.host}/lib/two:1`, `${registry.host}/lib/three:1`, two.slice(0, 12)];
    await save(names, "docker-archive", output);
    const listed = Bun.spawnSync(["tar", "tf", output]).stdout.toString().trim().split("\n");
    expect(listed.filter((entry) => entry.endsWith(".tar")).length).toBe(4);
    expect(new Set(listed).size).toBe(listed.length);
    await expect(save(names, "oci-archive", output)).rejects.toThrow("only docker-archive");
    await expect(save(names.slice(0, 1), "docker-archive", output)).rejects.toThrow(
      "docker-archive doesn't support modifying existing images",
    );
  });

  test("a directory with other files stays as it is", async () => {
    await pull("lib/two:1");
    mkdirSync(`${directory}/mine`);
    writeFileSync(`${directory}/mine/letter`, "dear");
    await expect(save([`${registry.host}/lib/two:1`], "docker-dir", `${directory}/mine`)).rejects.toThrow(
      "holds other files",
    );
    expect(existsSync(`${directory}/mine/letter`)).toBe(true);
    expect(readdirSync(`${directory}/mine`)).toEqual(["letter"]);
  });
});
