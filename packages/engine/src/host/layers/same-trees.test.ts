/** Both sinks give the same tree of any archive, or both refuse it. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { LayerBench, MEMORY, type SinkKind, sinkKinds } from "../../../testing/layer-sinks.ts";
import {
  buildTar,
  chunked,
  dir,
  file,
  hardlink,
  symlink,
  type TarFile,
} from "../../../testing/tar-builder.ts";
import { treeListings } from "../../../testing/tree-listing.ts";

const BOTH = (await sinkKinds()).length === 2;

let benches: Record<SinkKind, LayerBench>;
beforeEach(() => {
  benches = { dir: new LayerBench(MEMORY), erofs: new LayerBench() };
});
afterEach(() => {
  for (const bench of Object.values(benches)) bench[Symbol.dispose]();
});

/** The tree's path, or undefined for a layer that was refused. */
async function keep(kind: SinkKind, tar: Buffer): Promise<string | undefined> {
  const bench = benches[kind];
  const store = bench.store(kind);
  const chainId = createHash("sha256").update(tar).update(kind).digest("hex");
  try {
    await using staged = await store.stage({ name: "sha256:test", chunks: chunked(tar, 4000) });
    await staged.commit(chainId, "");
  } catch (error) {
    expect(error).toMatchObject({ code: "IMAGE_LAYER_INVALID" });
    return undefined;
  }
  return bench.tree(kind, chainId);
}

/** What the archive has no time for has that of the unpacking. */
function withoutNow(lines: readonly string[] | undefined): string[] {
  return (lines ?? []).map((line) => line.replace(/"mtime": (17|18|19)\d{17},/, '"mtime": now,'));
}

/** A directory in a directory that a link to itself has replaced: its time is nobody's any more. */
const LOOPED = [
  { name: "a/a", flag: "5", mtime: 0, mode: 0o755 },
  { name: "a", flag: "2", link: "/a", mtime: 0 },
  { name: "c", data: "", mtime: 0 },
];

/** Gives the listing. */
async function compare(tar: Buffer): Promise<string[]> {
  const unpacked = await keep("dir", tar);
  const mounted = await keep("erofs", tar);
  expect(mounted === undefined).toBe(unpacked === undefined);
  if (unpacked === undefined || mounted === undefined) return [];
  const [theirs, ours] = treeListings(unpacked, mounted).map(withoutNow);
  expect(ours).toEqual(theirs ?? []);
  return ours ?? [];
}

const ACCESS = "system.posix_acl_access";
const DEFAULT = "system.posix_acl_default";
const ACL_TAGS: Readonly<Record<string, number>> = { U: 1, u: 2, G: 4, g: 8, M: 16, O: 32 };

/** "U7 u5:1000 G5 M7 O0": tag, permissions, number. */
function acl(text: string): Buffer {
  const entries = text.split(" ").filter((entry) => entry !== "");
  const value = Buffer.alloc(4 + 8 * entries.length);
  value.writeUInt32LE(2, 0);
  for (const [index, entry] of entries.entries()) {
    const [head = "", id = "4294967295"] = entry.split(":");
    value.writeUInt16LE(ACL_TAGS[head.slice(0, 1)] ?? 0, 4 + index * 8);
    value.writeUInt16LE(Number(head.slice(1)), 6 + index * 8);
    value.writeUInt32LE(Number(id), 8 + index * 8);
  }
  return value;
}

// Each layer of the one kind takes a process: slow on a busy machine.
setDefaultTimeout(60_000);

describe.skipIf(!BOTH)("the same tree", () => {
  test("of names that are no text, of 255 bytes, with newlines, and that sort around the dots", async () => {
    const names = ["a", "-", "!", ".-x", "...", "..x", ".a", "~", "\n", "n\nl", " "].map((n) =>
      Buffer.from(n),
    );
    names.push(
      Buffer.of(0xff),
      Buffer.of(0xff, 0xfe),
      Buffer.of(1),
      Buffer.of(0x2e, 0x01),
      Buffer.alloc(255, 0xe9),
    );
    const long = "l".repeat(255);
    const deep = `${long}/${long}/${long}/${long}`;
    const lines = await compare(
      buildTar([
        ...names.map((name) => ({ name: "x", pax: { path: Buffer.concat([Buffer.from("d/"), name]) } })),
        file("x", "deep", { pax: { path: `${deep}/file` } }),
        { name: "x", flag: "2", pax: { path: "link", linkpath: "t".repeat(4095) } },
        ...[1, 100, 447, 448, 449, 512, 513, 1024].map((length) => ({
          name: `links/${length}`,
          flag: "2",
          pax: { linkpath: "t".repeat(length) },
        })),
      ]),
    );
    expect(lines.length).toBe(1 + 1 + names.length + 5 + 1 + 1 + 8);
  });

  test("of modes, owners and times", async () => {
    const files: TarFile[] = [];
    for (const [index, mode] of [0, 0o7777, 0o4755, 0o2755, 0o1777, 0o600].entries()) {
      files.push(file(`file${index}`, "", { mode }), dir(`dir${index}`, { mode }));
    }
    for (const [index, mtime] of [
      "0",
      "-1",
      "-1.25",
      "1234567890.123456789",
      "-1.000000001",
      "4294967296.5",
    ].entries()) {
      files.push(file(`time${index}`, "", { pax: { mtime } }), dir(`dirtime${index}/`, { pax: { mtime } }));
      files.push({ name: `link${index}`, flag: "2", link: "x", pax: { mtime } });
    }
    for (const [index, id] of ["0", "65536", "2147483648", "4294967294"].entries()) {
      files.push(file(`owner${index}`, "", { pax: { uid: id, gid: id } }));
      files.push({ name: `linkowner${index}`, flag: "2", link: "x", pax: { uid: id, gid: id } });
    }
    await compare(buildTar(files));
  });

  test("of attributes", async () => {
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
    const pax = (values: Readonly<Record<string, string | Buffer>>): Record<string, string | Buffer> =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`SCHILY.xattr.${key}`, value]));
    await compare(
      buildTar([
        file("capable", "x", { pax: pax({ "security.capability": capability }) }),
        dir("d/", { pax: pax({ "user.one": "1", "user.two": "2" }) }),
        dir("d/", { pax: pax({ "user.two": "zwei", "user.three": Buffer.alloc(300, 0xff) }) }),
        { name: "link", flag: "2", link: "x", pax: pax({ "user.ignored": "x", "security.ignored": "y" }) },
        { name: "node", flag: "3", devMajor: 1, devMinor: 3, pax: pax({ "user.ignored": "x" }) },
        file("ours", "x", {
          pax: pax({ "trusted.x": "x", "user.overlay.opaque": "y", "security.selinux": "z" }),
        }),
        file("unknown", "x", { pax: pax({ "system.strange": "x", plain: "x" }) }),
        file("many", "x", {
          pax: pax(
            Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`user.k${i}`, "v".repeat(i + 1)])),
          ),
        }),
        file("large", "x", { pax: pax({ "user.large": Buffer.alloc(60_000, "v"), "user.empty": "" }) }),
        dir("large-dir/", { pax: pax({ "user.large": Buffer.alloc(60_000, "v") }) }),
        file("long-name", "x", { pax: pax({ [`user.${"n".repeat(250)}`]: "x" }) }),
      ]),
    );
    await compare(
      buildTar([
        dir("d/", {
          pax: pax({ [ACCESS]: acl("U7 u5:7 G5 M1 O0"), [DEFAULT]: acl("U7 G5 O0") }),
          mode: 0o2755,
        }),
        dir("d/", { pax: pax({ "user.more": "x" }), mode: 0o710 }),
        file("f", "", { pax: pax({ [ACCESS]: acl("U6 u4:7 G4 g0:9 M6 O0") }), mode: 0o660 }),
        file("minimal", "", { pax: pax({ [ACCESS]: acl("U6 G4 O1") }), mode: 0o777 }),
        file("empty", "", { pax: pax({ [ACCESS]: acl("") }) }),
        file("other", "", { pax: pax({ [ACCESS]: "no version" }) }),
        { name: "link", flag: "2", link: "x", pax: pax({ [ACCESS]: acl("U6 u4:7 G4 M6 O0") }) },
      ]),
    );
    for (const bad of [
      { [ACCESS]: "x" },
      { [ACCESS]: Buffer.concat([acl("U6 G4 O0"), Buffer.alloc(1)]) },
      { [ACCESS]: acl("U6 G4") },
      { [ACCESS]: acl("U6 u4:7 G4 O0") },
      { [ACCESS]: acl("G4 U6 O0") },
      { [DEFAULT]: acl("U7 G5 O0") },
      { "security.capability": "short" },
      { "user.": "no name" },
      { [`user.${"n".repeat(251)}`]: "name of 256" },
    ]) {
      const tar = buildTar([file("x", "", { pax: pax(bad) })]);
      const kept = [await keep("dir", tar), await keep("erofs", tar)];
      expect([Object.keys(bad), ...kept]).toEqual([Object.keys(bad), undefined, undefined]);
    }
  });

  test("of devices, links that were replaced, and files that became directories and back", async () => {
    await compare(
      buildTar([
        ...[
          [1, 3],
          [8, 0x1ff],
          [0xfff, 0xfffff],
          [0, 0],
          [0, 1],
        ].flatMap(([devMajor = 0, devMinor = 0], index) => [
          { name: `char${index}`, flag: "3", devMajor, devMinor },
          { name: `block${index}`, flag: "4", devMajor, devMinor },
        ]),
        file("a/x", "first of x"),
        hardlink("a/y", "a/x"),
        file("a/x", "second, longer one of x"),
        hardlink("a/z", "a/x"),
        hardlink("fifo2", "a/y"),
        { name: "fifo", flag: "6" },
        hardlink("fifo2", "fifo"),
        file("b", "a file that becomes a directory"),
        dir("b/"),
        file("b/c/d", "below"),
        hardlink("kept", "b/c/d"),
        symlink("b/c", "../a"),
        file("b/c/x", "written through the symlink"),
        file("b", "and a file again"),
        symlink("up", ".."),
        file("up/up/top", "the root is as high as it gets"),
        symlink("l1", "l2"),
        symlink("l2", "/a/./../a//"),
        file("l1/through", "two"),
        dir("l1/"),
        file("l1/own", "no longer through"),
        file("q/.wh.gone"),
        file("q/gone", "and here again"),
        file("q/.wh.dir"),
        dir("q/dir/"),
        file("q/.wh.implied"),
        file("q/implied/x"),
        file("q/.wh.gone"),
        file("o/.wh..wh..opq"),
        file("r/f"),
        file("r/.wh..wh..opq"),
        file(".wh.r"),
        file("r", "a file where an opaque directory was"),
        file(".wh..wh..opq"),
      ]),
    );
  });

  test("of long names and sparse files as GNU tar writes them, which unpacks them itself", async () => {
    const from = `${benches.dir.root}/from`;
    const script = `mkdir -p ${from}/${"d".repeat(120)} && cd ${from} &&
      echo x > ${"d".repeat(120)}/${"f".repeat(200)} && ln -s ${"t".repeat(300)} long-target &&
      ln ${"d".repeat(120)}/${"f".repeat(200)} hard && : > empty && truncate -s 20M hole &&
      truncate -s 5M parts && printf a | dd of=parts bs=1 seek=3M conv=notrunc && printf b | dd of=parts bs=1 seek=5M conv=notrunc &&
      mknod zero c 1 5 && mkfifo pipe && touch -d @-5.5 before && chmod 0 empty && head -c 70000 /dev/urandom > random`;
    expect(Bun.spawnSync(["sh", "-ec", script]).exitCode).toBe(0);
    for (const format of ["gnu", "pax"]) {
      for (const sparse of [[], ["--sparse"]]) {
        const tar = Buffer.from(
          Bun.spawnSync(["tar", "cf", "-", ...sparse, `--format=${format}`, "-C", from, "."]).stdout,
        );
        const reference = `${benches.dir.root}/reference-${format}-${sparse.length}`;
        Bun.spawnSync(["mkdir", reference]);
        Bun.spawnSync(["tar", "xpf", "-", "-C", reference], { stdin: tar });
        const lines = await compare(tar);
        const times = (list: readonly string[] | undefined): string[] => withoutNow(list);
        expect(lines).toEqual(times(treeListings(reference)[0]));
      }
    }
  });

  test("of any archive", async () => {
    const part = fc.constantFrom("a", "b", "c", "-", ".x", "é", "l");
    const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const target = fc.oneof(
      path,
      path.map((to) => `/${to}`),
      path.map((to) => `../${to}`),
      fc.constantFrom("..", ".", "/"),
    );
    const mtime = fc.integer({ min: 0, max: 1_600_000_000 });
    const entry: fc.Arbitrary<TarFile> = fc.oneof(
      { weight: 4, arbitrary: fc.record({ name: path, data: fc.string({ maxLength: 600 }), mtime }) },
      {
        weight: 3,
        arbitrary: fc.record({
          name: path,
          flag: fc.constant("5"),
          mtime,
          mode: fc.constantFrom(0o755, 0o1777),
        }),
      },
      { weight: 2, arbitrary: fc.record({ name: path, flag: fc.constant("2"), link: target, mtime }) },
      { weight: 2, arbitrary: fc.record({ name: path, flag: fc.constant("1"), link: path }) },
      { weight: 1, arbitrary: fc.record({ name: path, flag: fc.constant("6"), mtime }) },
      { weight: 1, arbitrary: path.map((name) => file(name.replace(/[^/]+$/, ".wh.$&"))) },
      { weight: 1, arbitrary: path.map((name) => file(`${name}/.wh..wh..opq`)) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 12 }), async (files) => {
        await compare(buildTar(files));
      }),
      { numRuns: Number(process.env["RUNS"] ?? 15), examples: [[LOOPED]] },
    );
  });
});
