import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import {
  buildTar,
  chunked,
  dir,
  file,
  gzip,
  hardlink,
  headerBlock,
  symlink,
  type TarFile,
} from "../../../testing/tar-builder.ts";
import { DirectorySink } from "./directory-sink.ts";
import { DirectoryLayerSource } from "./directory-source.ts";
import { LockedStaging } from "./staging.ts";

const UNPACK = [
  process.execPath,
  `${import.meta.dir}/../../../testing/internal-main.ts`,
  "internal",
  "unpack-layer",
];

let root: string;
let sink: DirectorySink;
let source: DirectoryLayerSource;
beforeEach(() => {
  root = mkdtempSync("/tmp/podwright-skeleton-");
  sink = new DirectorySink(root, new LockedStaging(root), UNPACK);
  source = new DirectoryLayerSource(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function keep(tar: Buffer): Promise<string> {
  await using staged = await sink.stage({ name: "sha256:test", chunks: chunked(gzip(tar), 4000) });
  const chainId = createHash("sha256").update(tar).digest("hex");
  expect(staged.diffId).toBe(`sha256:${chainId}`);
  await staged.commit(chainId, "");
  return chainId;
}

async function collect(chainId: string): Promise<Buffer> {
  const { size, chunks } = await source.open(chainId);
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const whole = Buffer.concat(parts);
  expect(whole.length).toBe(size);
  return whole;
}

async function roundTrip(tar: Buffer): Promise<void> {
  const back = await collect(await keep(tar));
  expect(createHash("sha256").update(back).digest("hex")).toBe(
    createHash("sha256").update(tar).digest("hex"),
  );
  expect(back.equals(tar)).toBe(true);
}

/** As GNU tar writes the same tree, with options of its own. */
function gnuTar(directory: string, ...options: readonly string[]): Buffer {
  return Buffer.from(Bun.spawnSync(["tar", "cf", "-", ...options, "-C", directory, "."]).stdout);
}

describe("a layer comes back byte for byte", () => {
  test.each(["gnu", "pax", "ustar", "v7"])("as GNU tar writes it (--format=%s)", async (format) => {
    const tree = `${root}/tree`;
    mkdirSync(`${tree}/${"d".repeat(60)}/sub`, { recursive: true });
    writeFileSync(`${tree}/big`, crypto.getRandomValues(new Uint8Array(60_000)));
    writeFileSync(`${tree}/huge`, Buffer.alloc(3_000_000, "huge "));
    writeFileSync(`${tree}/empty`, "");
    const long = format === "gnu" || format === "pax" ? "x".repeat(120) : "x";
    writeFileSync(`${tree}/${"d".repeat(60)}/sub/${long}`, "long");
    symlinkSync("/nowhere", `${tree}/link`);
    Bun.spawnSync(["ln", "big", "hard"], { cwd: tree });
    Bun.spawnSync(["mknod", "zero", "c", "1", "5"], { cwd: tree });
    Bun.spawnSync(["truncate", "-s", "5M", "holes"], { cwd: tree });
    Bun.spawnSync(["dd", "if=/dev/urandom", "of=holes", "bs=4096", "seek=300", "count=2", "conv=notrunc"], {
      cwd: tree,
    });
    await roundTrip(gnuTar(tree, `--format=${format}`));
    if (format === "gnu" || format === "pax") await roundTrip(gnuTar(tree, "--sparse", `--format=${format}`));
  });

  test("with names twice, of every kind", async () => {
    await roundTrip(
      buildTar([
        file("a/x", "first of x"),
        hardlink("a/y", "a/x"),
        file("a/x", "second, longer one of x"),
        file("a/x", ""),
        file("a/x", "fourth"),
        file("b", "a file that becomes a directory"),
        dir("b/"),
        file("b/c/d", "below"),
        file("b/c/e", "below too"),
        symlink("b/c", "../a"),
        file("b/c/x", "written through the symlink"),
        file("a/x", "and replaced by its own name"),
        file("b/c/x", "and by the other again"),
        symlink("a/x", "y"),
        file("abs", "1"),
        hardlink("abs", "a/y"),
        file("abs", "2"),
      ]),
    );
  });

  test("with links that lead through links", async () => {
    await roundTrip(
      buildTar([
        dir("real/deep/"),
        symlink("one", "/real"),
        symlink("one/two", "../real/deep"),
        file("one/two/f", "far"),
        file("./one/../one/two/./g", "with dots"),
        symlink("one", "elsewhere"),
        file("real/two/h", "h"),
        file("real/deep/f", "replaced"),
      ]),
    );
  });

  test("with data where no file takes it, and rubbish at the end", async () => {
    const body = buildTar(
      [
        file(".wh.gone", "a whiteout with content"),
        file(".wh..wh.plnk/x", "aufs"),
        file("name", "kept"),
        { name: "linked", flag: "2", link: "name" },
      ],
      false,
    );
    await roundTrip(
      Buffer.concat([body, Buffer.alloc(10_240), Buffer.from("trailing rubbish that is no block")]),
    );
    await roundTrip(body);
    await roundTrip(Buffer.alloc(1024));
  });

  test("with padding that is not zero and headers of odd kinds", async () => {
    const padded = Buffer.concat([Buffer.from("five!"), Buffer.alloc(507, 0xaa)]);
    const global = headerBlock({
      name: "pax_global_header",
      flag: "g",
      data: "19 comment=whatever\n".slice(0, 20),
    });
    await roundTrip(
      Buffer.concat([
        global,
        Buffer.from("20 comment=whatever\n".padEnd(512, "\0")),
        headerBlock(file("five", "five!")),
        padded,
        buildTar([file("\u00e9t\u00e9", "utf8"), { name: Buffer.from([0xff, 0xfe, 0x41]), data: "bytes" }]),
      ]),
    );
  });

  test("whatever the archive, within what a layer may hold", async () => {
    const name = fc
      .array(fc.constantFrom("a", "b", "c", "link", "n".repeat(90)), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"));
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(300_000).map((length) => Buffer.alloc(length, "long ")),
    );
    const entry: fc.Arbitrary<TarFile> = fc.oneof(
      { weight: 4, arbitrary: fc.record({ name, data, mode: fc.constantFrom(0o644, 0o4755) }) },
      { weight: 1, arbitrary: name.map((path) => dir(`${path}/`)) },
      { weight: 1, arbitrary: fc.tuple(name, name).map(([path, target]) => symlink(path, `/${target}`)) },
      { weight: 1, arbitrary: fc.tuple(name, name).map(([path, target]) => hardlink(path, target)) },
      { weight: 1, arbitrary: name.map((path) => file(`${path}/.wh.gone`)) },
      {
        weight: 1,
        arbitrary: fc.tuple(name, name).map(([path, pax]) => file(path, "pax", { pax: { path: pax } })),
      },
    );
    let kept = 0;
    const property = fc.asyncProperty(
      fc.array(entry, { maxLength: 14 }),
      fc.nat(2000),
      async (files, rubbish) => {
        const tar = Buffer.concat([buildTar(files), Buffer.alloc(rubbish, 0x20)]);
        let chainId: string;
        try {
          chainId = await keep(tar);
          kept += 1;
        } catch (error) {
          // What cannot be unpacked cannot come back.
          if (error instanceof Error && error.message.startsWith("layer sha256:test: ")) return;
          throw error;
        }
        expect((await collect(chainId)).equals(tar)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 40, endOnFailure: true });
    expect(kept).toBeGreaterThan(10);
  }, 120_000);
});

describe("a layer that was tampered with", () => {
  const tar = buildTar([dir("d/"), file("d/f", "content of f"), file("g", "content of g")]);

  test("is never read through a symlink", async () => {
    const chainId = await keep(tar);
    const diff = sink.directory(chainId);
    writeFileSync(`${root}/secret`, "content of f");
    mkdirSync(`${root}/secrets`);
    writeFileSync(`${root}/secrets/f`, "content of f");
    rmSync(`${diff}/d/f`);
    symlinkSync(`${root}/secret`, `${diff}/d/f`);
    await expect(collect(chainId)).rejects.toThrow('file "d/f" of the layer was changed');
    rmSync(`${diff}/d`, { recursive: true });
    symlinkSync(`${root}/secrets`, `${diff}/d`);
    await expect(collect(chainId)).rejects.toThrow('file "d/f" of the layer was changed');
  });

  test("is told where a file is missing, shorter, or a fifo", async () => {
    const chainId = await keep(tar);
    const diff = sink.directory(chainId);
    writeFileSync(`${diff}/g`, "short");
    await expect(collect(chainId)).rejects.toThrow("shorter");
    rmSync(`${diff}/g`);
    await expect(collect(chainId)).rejects.toThrow("gone");
    Bun.spawnSync(["mkfifo", `${diff}/g`]);
    await expect(collect(chainId)).rejects.toThrow("no longer a file");
  });

  test("or has no skeleton, or half of one, says so", async () => {
    const chainId = await keep(tar);
    const skeleton = `${root}/layers/${chainId}/skeleton`;
    Bun.spawnSync(["truncate", "-s", String(statSync(skeleton).size - 3), skeleton]);
    await expect(source.open(chainId)).rejects.toMatchObject({ code: "IMAGE_LAYER_INCOMPLETE" });
    renameSync(skeleton, `${root}/elsewhere`);
    await expect(source.open(chainId)).rejects.toThrow("how its archive was laid out is not known");
  });
});

test("a layer's skeleton goes with it", async () => {
  const chainId = await keep(buildTar([file("f", "x")]));
  expect(readdirSync(`${root}/layers/${chainId}`).sort()).toEqual(["diff", "skeleton"]);
  await sink.remove(chainId);
  expect(readdirSync(`${root}/layers`)).toEqual([]);
  expect(readdirSync(`${root}/staging`)).toEqual([]);
});
