import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { LayerBench, sinkKinds } from "../../../testing/layer-sinks.ts";
import {
  buildTar,
  chunked,
  dir,
  file,
  gzip,
  hardlink,
  symlink,
  type TarFile,
  zstd,
} from "../../../testing/tar-builder.ts";
import { dataRuns } from "../sys/file-holes.ts";
import type { LayerStore } from "./layer-store.ts";
import { StoredLayerSource } from "./stored-layer-source.ts";

const NAME = "sha256:test";

describe.each(await sinkKinds())("a layer kept as %s:", (kind) => {
  let bench: LayerBench;
  let root: string;
  let sink: LayerStore;
  beforeEach(() => {
    bench = new LayerBench();
    root = bench.root;
    sink = bench.store(kind);
  });
  afterEach(() => bench[Symbol.dispose]());

  const digestOf = (data: Buffer): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;
  const chainOf = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

  /** Unpacks and gives the directory. */
  async function unpack(
    tar: Buffer,
    wrap: (data: Buffer) => Buffer = (d) => d,
    parent = "",
  ): Promise<string> {
    await using staged = await sink.stage({ name: NAME, chunks: chunked(wrap(tar), 4000) });
    expect(staged.diffId).toBe(digestOf(tar));
    await staged.commit(chainOf(tar), parent);
    expect(staged.sink).toBe(kind);
    return bench.tree(kind, chainOf(tar));
  }

  /** The error's text; checks that nothing is left behind. */
  async function refuse(tar: Buffer): Promise<string> {
    let message = "";
    try {
      await (await sink.stage({ name: NAME, chunks: chunked(tar, 4000) }))[Symbol.asyncDispose]();
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    expect(message).toStartWith(`layer ${NAME}: `);
    expect(readdirSync(`${root}/staging`)).toEqual([]);
    expect(existsSync(`${root}/layers`)).toBe(false);
    return message;
  }

  /** As `find` and `stat` of the system show a tree. */
  function listing(directory: string): string {
    const find = ["find", ".", "-printf", "%p %y %m %U %G %s %T@ %l\\n"];
    const lines = Bun.spawnSync(find, { cwd: directory }).stdout.toString().trimEnd().split("\n");
    // Sizes of directories differ with the order of creation.
    return lines
      .map((line) => line.trimEnd().replace(/^(\S+ d \S+ \S+ \S+) \d+/, "$1"))
      .sort()
      .join("\n");
  }

  describe("an honest layer", () => {
    const files: TarFile[] = [
      dir("./", { mode: 0o755, mtime: 1_500_000_000 }),
      dir("usr/", { mtime: 1_400_000_000 }),
      dir("usr/bin/", { mode: 0o750, uid: 7, gid: 8 }),
      file("usr/bin/su", "set-id", { mode: 0o4755, uid: 0, gid: 5 }),
      file("usr/bin/big", Buffer.alloc(3_000_001, "x"), { pax: { mtime: "1234567890.123456789" } }),
      symlink("usr/lib", "../../../etc"),
      hardlink("run/su2", "usr/bin/su"),
      { name: "dev/null", flag: "3", devMajor: 1, devMinor: 3, mode: 0o666 },
      { name: "dev/sda", flag: "4", devMajor: 8, devMinor: 0x1ff, mode: 0o660, gid: 6 },
      { name: "run/fifo", flag: "6", mode: 0o600 },
      file("tmp/sticky/x", "", { mode: 0o1777 }),
    ];

    test.each([
      ["plain", (d: Buffer): Buffer => d],
      ["gzip", gzip],
      ["zstd", zstd],
    ])("unpacks as tar does (%s)", async (_, wrap) => {
      const tar = buildTar(files);
      const ours = await unpack(tar, wrap);
      const theirs = `${root}/reference`;
      mkdirSync(theirs);
      Bun.spawnSync(["tar", "xpf", "-", "--numeric-owner", "-C", theirs], { stdin: tar });
      // The parents that the archive leaves out have no time of their own.
      const known = (tree: string): string =>
        listing(tree)
          .split("\n")
          .filter((line) => !/^\.\/(dev|run|tmp|tmp\/sticky) /.test(line))
          .join("\n");
      expect(known(ours)).toBe(known(theirs));
      expect(lstatSync(`${ours}/run/su2`).ino).toBe(lstatSync(`${ours}/usr/bin/su`).ino);
      expect(statSync(`${ours}/dev`).mode & 0o7777).toBe(0o755);
      expect(lstatSync(`${ours}/dev/sda`).rdev).toBe(lstatSync(`${theirs}/dev/sda`).rdev);
      expect(readdirSync(`${root}/staging`)).toEqual([]);
    });

    test("keeps extended attributes, but none that steer the host's overlay", async () => {
      const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
      const tar = buildTar([
        file("ping", "p", {
          pax: {
            "SCHILY.xattr.security.capability": capability,
            "SCHILY.xattr.user.colour": "red",
            "SCHILY.xattr.trusted.overlay.redirect": "/etc",
            "SCHILY.xattr.user.overlay.opaque": "y",
          },
        }),
      ]);
      const path = `${await unpack(tar)}/ping`;
      const shown = Bun.spawnSync([
        "python3",
        "-c",
        `import os; print({k: os.getxattr(${JSON.stringify(path)}, k) for k in sorted(os.listxattr(${JSON.stringify(path)}))})`,
      ]).stdout.toString();
      expect(shown).toContain("security.capability");
      expect(shown).toContain("'user.colour': b'red'");
      expect(shown).not.toContain("overlay");
    });

    test("turns whiteouts into what overlayfs takes for them", async () => {
      const tar = buildTar([
        file("a/.wh.gone"),
        dir("a/opaque/"),
        file("a/opaque/.wh..wh..opq"),
        file(".wh.again"),
        file("again/new", "n"),
        file("kept", "k"),
        file(".wh.kept"),
        file(".wh..wh.plnk/x", "aufs"),
      ]);
      const tree = await unpack(tar);
      const gone = lstatSync(`${tree}/a/gone`);
      expect([gone.isCharacterDevice(), gone.rdev]).toEqual([true, 0]);
      expect(readFileSync(`${tree}/kept`, "utf8")).toBe("k");
      expect(readdirSync(tree).sort()).toEqual(["a", "again", "kept"]);
      const opaque = (path: string): string =>
        Bun.spawnSync(["python3", "-c", `import os; print(os.getxattr("${path}", "trusted.overlay.opaque"))`])
          .stdout.toString()
          .trim();
      expect([opaque(`${tree}/a/opaque`), opaque(`${tree}/again`)]).toEqual(["b'y'", "b'y'"]);
    });

    test("gives a root directory that the layer leaves out its parent's owner and mode", async () => {
      const lowest = buildTar([file("x", "1")]);
      expect(statSync(await unpack(lowest)).mode & 0o7777).toBe(0o555);
      const second = buildTar([dir("./", { mode: 0o711, uid: 3 }), file("x", "2")]);
      await unpack(second, undefined, chainOf(lowest));
      const third = await unpack(buildTar([file("x", "3")]), undefined, chainOf(second));
      expect([statSync(third).mode & 0o7777, statSync(third).uid]).toEqual([0o711, 3]);
    });

    test("lists both dots and gives the root a number", async () => {
      const tree = await unpack(buildTar([file("d/x", "1")]));
      const names = Bun.spawnSync(["ls", "-a", `${tree}/d`])
        .stdout.toString()
        .split("\n");
      expect(names.slice(0, 3)).toEqual([".", "..", "x"]);
      expect(statSync(tree).ino).toBeGreaterThan(0);
    });

    test("keeps names that are no text", async () => {
      const name = Buffer.from([0x64, 0x2f, 0xff, 0xfe, 0x0a]);
      const tree = await unpack(buildTar([{ name, data: "bytes" }]));
      expect(
        readdirSync(`${tree}/d`, { encoding: "buffer" }).map((n) => Buffer.from(n).toString("hex")),
      ).toEqual(["fffe0a"]);
    });

    test("makes a hole of what a sparse file leaves out, even of 1 TB", async () => {
      const sparse = `1\n1099511627000\n5\n`.padEnd(512, "\0");
      const tar = buildTar([
        file("GNUSparseFile.0/huge", Buffer.concat([Buffer.from(sparse), Buffer.from("bytes")]), {
          pax: {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "huge",
            "GNU.sparse.realsize": String(2 ** 40),
          },
        }),
      ]);
      const path = `${await unpack(tar)}/huge`;
      expect(statSync(path).size).toBe(2 ** 40);
      const fd = openSync(path, "r");
      const runs = [...dataRuns(fd, 2 ** 40)];
      closeSync(fd);
      expect(runs.length).toBe(1);
      expect(runs[0]?.length).toBeLessThanOrEqual(2 ** 29);
      expect(2 ** 40 - (runs[0]?.offset ?? 0)).toBeLessThanOrEqual(2 ** 29);
      const last = Bun.spawnSync(["tail", "-c", String(1096), path]).stdout.toString();
      expect(last.replaceAll("\0", "")).toBe("bytes");
    });
  });

  describe("a hostile layer", () => {
    const outside = (): string => `${root}/victim`;
    beforeEach(() => writeFileSync(outside(), "unharmed"));
    afterEach(() => expect(readFileSync(outside(), "utf8")).toBe("unharmed"));

    test.each<[string, TarFile[], string]>([
      ["climbs by ..", [file("a/../../../victim", "evil")], "leads out of the layer"],
      ["hard-links to outside by ..", [hardlink("x", "../../../victim")], "leads out of the layer"],
      ["hard-links to an absolute name", [hardlink("x", "/etc/passwd")], "not in this layer"],
      [
        "hard-links through a symlink",
        [symlink("e", "/etc"), hardlink("x", "e/passwd")],
        "not in this layer",
      ],
      [
        "hard-links to what another layer has",
        [hardlink("x", "usr/bin/su")],
        'hard link to "usr/bin/su", which is not in this layer',
      ],
      ["whites out ..", [file("a/.wh...", "")], 'whiteout of ".."'],
      ["whites out .", [file(".wh..", "")], 'whiteout of "."'],
      ["whites out nothing", [file(".wh.", "")], 'whiteout of ""'],
      ["whites out above the root", [file("../.wh.x", "")], "leads out of the layer"],
      ["has a NUL in a name", [file("x", "", { pax: { path: "a\0b" } })], "NUL"],
      ["makes its root a file", [file("./", "x")], "root is not a directory"],
      ["has an unknown type", [{ name: "x", flag: "Z" }], 'type "Z" is not known'],
      ["has a device out of range", [{ name: "x", flag: "4", devMajor: 0o7777777 }], "out of range"],
      ["links to itself", [hardlink("x", "x")], "invalid"],
      ["writes below a file", [file("a", "f"), file("a/b", "x")], "ENOTDIR"],
      ["promises 1 TB", [file("big", "x", { size: 2 ** 40 })], "truncated"],
    ])("that %s is refused", async (_, files, reason) => {
      const message = await refuse(buildTar(files));
      expect(message).toContain(reason);
      const named = files.at(-1)?.pax === undefined;
      if (named) expect(message).toContain(`entry ${JSON.stringify(String(files.at(-1)?.name))}`);
    });

    test("that writes through symlinks stays inside", async () => {
      const tar = buildTar([
        symlink("up", "../../../.."),
        symlink("abs", root),
        file("up/victim", "evil"),
        dir("victimdir/"),
        symlink("deep", "/victimdir"),
        file("deep/x", "inside"),
        file("/absolute", "inside"),
      ]);
      const tree = await unpack(tar);
      expect(readlinkSync(`${tree}/up`)).toBe("../../../..");
      // The root is as high as `..` leads.
      expect(readFileSync(`${tree}/victim`, "utf8")).toBe("evil");
      expect(readFileSync(`${tree}/victimdir/x`, "utf8")).toBe("inside");
      expect(readFileSync(`${tree}/absolute`, "utf8")).toBe("inside");
      const through = buildTar([symlink("abs", root), file("abs/victim", "evil")]);
      expect(await refuseOrInside(through)).toBe("refused");
    });

    async function refuseOrInside(tar: Buffer): Promise<string> {
      try {
        await using _ = await sink.stage({ name: NAME, chunks: chunked(tar) });
        return "inside";
      } catch {
        return "refused";
      }
    }

    test("that ends too soon is refused, plain and compressed", async () => {
      const tar = buildTar([file("a", Buffer.alloc(100_000, "x"))]);
      expect(await refuse(tar.subarray(0, 50_000))).toContain('entry "a": the archive is truncated');
      const packed = gzip(
        Buffer.concat([buildTar([file("a", Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))))])]),
      );
      expect(await refuse(packed.subarray(0, 30_000))).toContain("cannot decompress");
    });

    test("that is no archive is refused", async () => {
      expect(await refuse(Buffer.alloc(2048, "z"))).toContain("checksum");
      expect(await refuse(Buffer.from("\xfd7zXZ\0 and more", "latin1"))).toContain("xz");
    });
  });

  test("it is one layer of the store: listed, given back byte for byte, removed", async () => {
    const tar = buildTar([file("a", "1"), file("a", "twice"), dir("d/")]);
    await unpack(tar, gzip);
    const chainId = chainOf(tar);
    expect([await sink.has(chainId), await sink.list()]).toEqual([true, [chainId]]);
    const { size, chunks } = await new StoredLayerSource(root, sink.directories).open(chainId);
    expect(size).toBe(tar.length);
    expect(Buffer.concat(await Array.fromAsync(chunks)).equals(tar)).toBe(true);
    await sink.remove(chainId);
    await sink.remove(chainId);
    expect([await sink.has(chainId), await sink.list()]).toEqual([false, []]);
  });

  test("a pull that is given up leaves nothing", async () => {
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield buildTar([file("a", "1")], false);
      stop.abort();
      await Bun.sleep(1);
      throw new Error("given up");
    }
    await expect(sink.stage({ name: NAME, chunks: endless(), signal: stop.signal })).rejects.toThrow(
      /given up|canceled/,
    );
    expect(readdirSync(`${root}/staging`)).toEqual([]);
  });

  test("a stream that fails leaves nothing", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield buildTar([file("a", "1")], false);
      throw new Error("connection reset");
    }
    await expect(sink.stage({ name: NAME, chunks: broken() })).rejects.toThrow("connection reset");
    expect(readdirSync(`${root}/staging`)).toEqual([]);
  });
});
