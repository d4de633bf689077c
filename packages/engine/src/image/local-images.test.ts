import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Filters } from "@podwright/spec/engine-api/common";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { testImageContext } from "../../testing/image-context.ts";
import { OciLayout } from "../../testing/oci-builder.ts";
import { buildTar, dir, file, gzip } from "../../testing/tar-builder.ts";
import { importImage } from "./import.ts";
import { inspectImage } from "./inspect.ts";
import { listImages } from "./list.ts";
import { loadImages } from "./load.ts";
import { pruneImages } from "./prune.ts";
import { removeImages } from "./remove.ts";
import { resolveImage } from "./resolve.ts";
import { tagImage, untagImage } from "./tag.ts";

let home: string;
let ctx: ReturnType<typeof testImageContext>;
let layout: OciLayout;
const quiet = { progress: (): void => {} };
const base = { files: [dir("./"), file("base", "b")] };

beforeEach(() => {
  home = mkdtempSync("/tmp/podwright-local-");
  ctx = testImageContext(home);
  layout = new OciLayout(`${home}/oci`);
});
afterEach(() => {
  ctx[Symbol.dispose]();
  rmSync(home, { recursive: true, force: true });
});

const skopeo = (from: string, to: string): void => {
  const done = Bun.spawnSync(["skopeo", "copy", "-q", from, to]);
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
};
const failure = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => "no failure",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("load", () => {
  beforeEach(() => {
    layout.add("one", { layers: [base, { files: [file("one", "1")] }] });
    layout.add("two", { layers: [base, { files: [file("two", "2")] }] });
  });

  test("a docker-archive of several images that share a layer, plain and compressed", async () => {
    for (const name of ["one", "two"])
      skopeo(
        `oci:${layout.directory}:${name}`,
        `docker-archive:${home}/${name}.tar:docker.io/library/${name}:1`,
      );
    mkdirAndJoin(["one", "two"]);
    const names = ["docker.io/library/one:1", "docker.io/library/two:1"];
    expect(await loadImages(ctx, `${home}/both.tar`, quiet)).toEqual(names);
    expect(await ctx.layers.list()).toHaveLength(3);
    writeFileSync(`${home}/both.tar.gz`, gzip(readFileSync(`${home}/both.tar`)));
    expect(await loadImages(ctx, `${home}/both.tar.gz`, quiet)).toEqual(names);
    expect(readdirSync(`${home}/root/staging`)).toEqual([]);
    const [, top] = resolveImage(ctx, "two:1").image.layers.map((chainId) =>
      ctx.layerMounts.directory(chainId),
    );
    expect(readFileSync(`${top}/two`, "utf8")).toBe("2");
  });

  /** One archive of both: what `docker save one two` writes. */
  function mkdirAndJoin(names: readonly string[]): void {
    const manifests = names.map((name) => {
      Bun.spawnSync([
        "sh",
        "-c",
        `mkdir -p ${home}/j && tar -C ${home}/j -xf ${home}/${name}.tar && cat ${home}/j/manifest.json`,
      ]);
      return (JSON.parse(readFileSync(`${home}/j/manifest.json`, "utf8")) as object[])[0];
    });
    writeFileSync(`${home}/j/manifest.json`, JSON.stringify(manifests));
    Bun.spawnSync(["tar", "-C", `${home}/j`, "-cf", `${home}/both.tar`, "."]);
  }

  test("an oci-archive, an oci directory and a dir directory give one image", async () => {
    skopeo(`oci:${layout.directory}:one`, `oci-archive:${home}/oci.tar:quay.io/x/one:7`);
    skopeo(`oci:${layout.directory}:one`, `dir:${home}/dir`);
    expect(await loadImages(ctx, `${home}/oci.tar`, quiet)).toEqual(["quay.io/x/one:7"]);
    const [id] = await loadImages(ctx, `${home}/dir`, quiet);
    expect(id).toBe(`sha256:${resolveImage(ctx, "x/one:7").image.id}`);
    expect(await loadImages(ctx, layout.directory, quiet)).toEqual([
      "localhost/one:latest",
      "localhost/two:latest",
    ]);
  });

  test("refuses what is no image", async () => {
    writeFileSync(`${home}/junk`, "junk");
    writeFileSync(`${home}/empty.tar`, buildTar([file("x", "y")]));
    expect(await failure(loadImages(ctx, `${home}/junk`, quiet))).toStartWith(
      "payload does not match any of the supported image formats:\n * ",
    );
    expect(await failure(loadImages(ctx, `${home}/empty.tar`, quiet))).toContain("index.json: no such file");
    expect(await failure(loadImages(ctx, `${home}/missing`, quiet))).toBe(
      `faccessat ${home}/missing: no such file or directory`,
    );
    const evil = [{ Config: "../../../etc/passwd", RepoTags: ["x:1"], Layers: [] }];
    writeFileSync(`${home}/evil.tar`, buildTar([file("manifest.json", JSON.stringify(evil))]));
    expect(await failure(loadImages(ctx, `${home}/evil.tar`, quiet))).toContain(
      "no such file in the archive",
    );
    expect(ctx.store.images.list()).toEqual([]);
    expect(existsSync(`${home}/root/staging`) ? readdirSync(`${home}/root/staging`) : []).toEqual([]);
  });

  test("from a URL", async () => {
    layout = new OciLayout(`${home}/served`);
    layout.add("one:1", { layers: [{ files: [file("f", "1")] }] });
    Bun.spawnSync(["tar", "-cf", `${home}/oci.tar`, "-C", layout.directory, "."]);
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) =>
        url.endsWith("/oci.tar")
          ? new Response(Bun.file(`${home}/oci.tar`))
          : new Response("", { status: 404 }),
    });
    expect(await loadImages(ctx, `${server.url.href}oci.tar`, quiet)).toEqual(["localhost/one:1"]);
    expect(await failure(loadImages(ctx, `${server.url.href}none`, quiet))).toBe(
      `downloading ${server.url.href}none: 404 Not Found`,
    );
    expect(readdirSync(`${home}/root/staging`)).toEqual([]);
  });
});

describe("import", () => {
  test("makes an image of a tar with the changes asked for", async () => {
    writeFileSync(`${home}/fs.tar.gz`, gzip(buildTar([file("hello", "h")])));
    const request = {
      source: `${home}/fs.tar.gz`,
      reference: "mine:1",
      message: "first",
      changes: [
        'CMD ["/a", "b"]',
        "ENV A=1",
        "ENV A=2",
        "ENV B 3",
        "EXPOSE 80 53/udp",
        "LABEL k=v w",
        "VOLUME /data",
        "WORKDIR=/w",
        "USER me",
        "ENTRYPOINT sh",
      ],
    };
    const image = await importImage(ctx, request, quiet);
    expect(image.names).toEqual(["localhost/mine:1"]);
    expect(image.config.config).toEqual({
      Cmd: ["/a", "b"],
      Env: ["A=2", "B=3"],
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      Labels: { k: "v w" },
      Volumes: { "/data": {} },
      WorkingDir: "/w",
      User: "me",
      Entrypoint: ["/bin/sh", "-c", "sh"],
    });
    expect(image.config.history?.[0]?.comment).toBe("first");
    const [only] = image.layers.map((chainId) => ctx.layerMounts.directory(chainId));
    expect(readFileSync(`${only}/hello`, "utf8")).toBe("h");
  });

  test("refuses wrong changes before it unpacks anything", async () => {
    writeFileSync(`${home}/fs.tar`, buildTar([file("x", "1")]));
    const bad = (change: string): Promise<string> =>
      failure(importImage(ctx, { source: `${home}/fs.tar`, changes: [change] }, quiet));
    expect(await bad("RUN x")).toContain("RUN is not one of");
    expect(await bad("EXPOSE many")).toContain('invalid port "many"');
    expect(await bad("ENV")).toContain("KEY VALUE");
    expect(await ctx.layers.list()).toEqual([]);
  });
});

describe("the store's images", () => {
  const list = (filters: Filters, all = false): string[] =>
    listImages(ctx, filters, { all }).map(({ names, id }) => names[0] ?? id.slice(0, 4));
  beforeEach(async () => {
    layout.add("old", {
      layers: [base],
      created: "2020-01-01T00:00:00Z",
      config: { Labels: { app: "a", tier: "web" } },
    });
    layout.add("new", {
      layers: [base, { files: [file("n", "n")] }],
      created: "2024-01-01T00:00:00Z",
      config: { Labels: { app: "b" } },
    });
    await loadImages(ctx, layout.directory, quiet);
  });

  test("are found by any of their names and by their ids", () => {
    tagImage(ctx, "old", ["quay.io/team/thing:2", "thing"]);
    const { id } = resolveImage(ctx, "localhost/old").image;
    const find = (input: string): string => resolveImage(ctx, input).name;
    expect(find("old")).toBe("localhost/old:latest");
    expect(find("team/thing:2")).toBe("quay.io/team/thing:2");
    expect(find("thing")).toBe("localhost/thing:latest");
    expect(resolveImage(ctx, id.slice(0, 12)).image.id).toBe(id);
    expect(resolveImage(ctx, `sha256:${id}`).image.id).toBe(id);
    for (const unknown of ["nothing", "old:2", "ld", "UPPER", "f".repeat(64)]) {
      expect(() => find(unknown)).toThrow(`${unknown}: image not known`);
    }
    expect(() => find("sha256:12")).toThrow("invalid format");
  });

  test.each<[Filters, string[]]>([
    [{}, ["localhost/old:latest", "localhost/new:latest"]],
    [{ label: ["app"] }, ["localhost/old:latest", "localhost/new:latest"]],
    [{ label: ["app=a", "tier"] }, ["localhost/old:latest"]],
    [{ "label!": ["app=a"] }, ["localhost/new:latest"]],
    [{ label: ["app=*"] }, ["localhost/old:latest", "localhost/new:latest"]],
    [{ before: ["new"] }, ["localhost/old:latest"]],
    [{ since: ["old"] }, ["localhost/new:latest"]],
    [{ until: ["2022-01-01"] }, ["localhost/old:latest"]],
    [{ reference: ["n*"] }, ["localhost/new:latest"]],
    [{ reference: ["*/n*"] }, ["localhost/new:latest"]],
    [{ reference: ["old", "new"] }, ["localhost/old:latest", "localhost/new:latest"]],
    [{ "reference!": ["old"] }, ["localhost/new:latest"]],
    [{ dangling: ["true"] }, []],
    [{ containers: ["false"] }, ["localhost/old:latest", "localhost/new:latest"]],
    [{ readonly: ["true"] }, []],
  ])("filter %p", (filters, expected) => expect(list(filters)).toEqual(expected));

  test("refuse filters that mean nothing", () => {
    expect(() => list({ colour: ["red"] })).toThrow('invalid image filter "colour"');
    expect(() => list({ dangling: ["maybe"] })).toThrow('non-boolean value "maybe" for dangling filter');
    expect(() => list({ before: ["none"] })).toThrow('could not find local image for filter "before"="none"');
    expect(() => list({ dangling: ["true", "false"] })).toThrow("more than once with different values");
  });

  test("keep their history of names, and fall when the last name and prune come", async () => {
    tagImage(ctx, "old", ["second"]);
    expect(() => untagImage(ctx, "old", ["third"])).toThrow("localhost/third:latest: tag not known");
    untagImage(ctx, "old", []);
    expect(list({ dangling: ["true"] })).toHaveLength(1);
    const [dangling] = listImages(ctx, { dangling: ["true"] }, { all: false });
    expect(dangling?.history).toEqual(["localhost/old:latest", "localhost/second:latest"]);
    expect((await pruneImages(ctx, {}, { all: false })).map(({ deleted }) => deleted)).toEqual([
      [String(dangling?.id)],
    ]);
    expect(await ctx.layers.list()).toHaveLength(2);
    await pruneImages(ctx, { label: ["app=none"] }, { all: true });
    expect(list({})).toHaveLength(1);
    await pruneImages(ctx, {}, { all: true });
    expect([list({}), await ctx.layers.list(), await ctx.blobs.list()]).toEqual([[], [], []]);
  });

  test("with several names are removed by id only with force", async () => {
    tagImage(ctx, "old", ["second"]);
    const { id } = resolveImage(ctx, "old").image;
    const options = { force: false, ignore: false, noPrune: false, all: false };
    const [refused] = await removeImages(ctx, [id.slice(0, 10)], options);
    expect(refused?.error?.message).toBe(
      `unable to delete image "${id}" by ID with more than one tag ([localhost/second:latest localhost/old:latest]): please force removal`,
    );
    const [forced] = await removeImages(ctx, [id], { ...options, force: true });
    expect(forced?.deleted).toEqual([id]);
  });

  test("that others were made from are intermediate without a name, and fall with the last of them", async () => {
    layout.add("parent", { layers: [base], created: "2021-01-01T00:00:00Z" });
    layout.add("child", { layers: [base, { files: [file("c", "c")] }], created: "2021-01-01T00:00:00Z" });
    await loadImages(ctx, layout.directory, quiet);
    const parent = resolveImage(ctx, "parent").image.id;
    const child = resolveImage(ctx, "child").image.id;
    untagImage(ctx, "parent", []);
    expect(list({}).includes(parent.slice(0, 4))).toBe(false);
    expect(list({}, true).includes(parent.slice(0, 4))).toBe(true);
    expect(inspectImage(ctx, "child").summary.parentId).toBe(parent);
    const [removed] = await removeImages(ctx, ["child"], {
      force: false,
      ignore: false,
      noPrune: false,
      all: false,
    });
    expect(removed?.deleted).toEqual([child, parent]);
  });

  test("inspect shows the layers from the top", () => {
    const { layers, graphDriver, summary } = inspectImage(ctx, "new");
    expect(layers).toHaveLength(2);
    expect(graphDriver.data["UpperDir"]).toEndWith("/diff");
    expect(graphDriver.data["LowerDir"]).not.toBe(graphDriver.data["UpperDir"]);
    expect(summary.size).toBe(2);
  });
});
