import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EngineError } from "@podwright/spec/errors/engine-error";
import fc from "fast-check";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { buildTar, chunked, dir, file, headerBlock, paxBlocks, sealed } from "../../testing/tar-builder.ts";
import { SPECIAL_LIMIT } from "./tar-entry.ts";
import { TarReader } from "./tar-reader.ts";

interface Seen {
  readonly type: string;
  readonly name: string;
  readonly link: string;
  readonly size: number;
  readonly mtime: number;
  readonly data: string;
}

async function readAll(tar: Buffer, chunk = 777): Promise<Seen[]> {
  const reader = new TarReader(chunked(tar, chunk));
  const seen: Seen[] = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const { type, name, linkName, size, mtime } = entry.header;
    const content = Buffer.alloc(Math.min(size, 1 << 22));
    await entry.read((data, position) => void data.copy(content, position));
    seen.push({
      type,
      name: name.toString("latin1"),
      link: linkName.toString("latin1"),
      size,
      mtime: mtime.seconds,
      data: content.toString("latin1"),
    });
  }
  expect(reader.offset).toBe(tar.length);
  return seen;
}

const failure = async (tar: Buffer): Promise<string> =>
  await readAll(tar).then(
    () => "no failure",
    (error: unknown) => (error instanceof EngineError ? error.message : `not ours: ${String(error)}`),
  );

describe("archives that GNU tar writes", () => {
  let root: string;
  const long = "n".repeat(120);
  const deep = `${"d".repeat(60)}/${"e".repeat(60)}/${"f".repeat(60)}`;
  beforeAll(() => {
    root = mkdtempSync("/tmp/podwright-tar-");
    mkdirSync(`${root}/t/${deep}`, { recursive: true });
    writeFileSync(`${root}/t/plain`, "contents");
    writeFileSync(`${root}/t/newer`, "contents");
    writeFileSync(`${root}/t/${long}`, "long");
    writeFileSync(`${root}/t/${deep}/x`, "deep");
    symlinkSync("l".repeat(150), `${root}/t/symlink`);
    linkSync(`${root}/t/plain`, `${root}/t/zlink`);
    const sparse = openSync(`${root}/t/sparse`, "w");
    for (const at of [0, 100_000, 200_000, 300_000, 400_000, 500_000, 3_000_000])
      writeSync(sparse, "data", at);
    Bun.spawnSync(["touch", "-d", "@-5", `${root}/t/plain`]);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const pack = (...flags: string[]): Buffer =>
    Bun.spawnSync(["tar", "-C", `${root}/t`, "--sort=name", ...flags, "-cf", "-", "."]).stdout;

  test.each<string[][]>([
    [["--format=gnu"]],
    [["--format=gnu", "--sparse"]],
    [["--format=oldgnu", "--sparse"]],
    [["--format=pax"]],
    [["--format=pax", "--sparse", "--sparse-version=0.0"]],
    [["--format=pax", "--sparse", "--sparse-version=0.1"]],
    [["--format=pax", "--sparse", "--sparse-version=1.0"]],
  ])("%p", async (flags) => {
    const seen = await readAll(pack(...flags), 1000);
    const find = (name: string): Seen | undefined => seen.find((entry) => entry.name === name);
    expect(find("./plain")).toMatchObject({ type: "file", data: "contents", mtime: -5 });
    expect(find(`./${long}`)?.data).toBe("long");
    expect(find(`./${deep}/x`)?.data).toBe("deep");
    expect(find("./symlink")?.link).toBe("l".repeat(150));
    expect(find("./zlink")).toMatchObject({ type: "hardlink", link: "./plain" });
    const sparse = find("./sparse");
    expect(sparse?.size).toBe(3_000_004);
    const expected = Buffer.alloc(3_000_004);
    for (const at of [0, 100_000, 200_000, 300_000, 400_000, 500_000, 3_000_000]) expected.write("data", at);
    expect(sparse?.data === expected.toString("latin1")).toBe(true);
  });

  test.each([["--format=ustar"], ["--format=v7"]])("%s, as far as it goes", async (format) => {
    const seen = await readAll(Bun.spawnSync(["tar", "-C", `${root}/t`, format, "-cf", "-", "newer"]).stdout);
    expect(seen).toEqual([
      { type: "file", name: "newer", link: "", size: 8, mtime: expect.any(Number), data: "contents" },
    ]);
  });
});

describe("headers", () => {
  test("of the whole archive hold until taken back, but rename nothing", async () => {
    const tar = Buffer.concat([
      ...paxBlocks({ mtime: "7", path: "evil", "SCHILY.xattr.user.a": "1" }, "g"),
      buildTar([file("a", "1"), file("b", "2", { pax: { mtime: "9" } })], false),
      ...paxBlocks({ mtime: "" }, "g"),
      buildTar([file("c", "3", { mtime: 11 })]),
    ]);
    expect((await readAll(tar)).map(({ name, mtime }) => [name, mtime])).toEqual([
      ["a", 7],
      ["b", 9],
      ["c", 11],
    ]);
  });

  test("with numbers in base 256", async () => {
    const block = headerBlock({ name: "big" });
    block.fill(0, 108, 116);
    block[108] = 0x80;
    block.writeUInt32BE(3_000_000_000, 112);
    block.fill(0xff, 136, 148);
    const reader = new TarReader(chunked(Buffer.concat([sealed(block), Buffer.alloc(1024)])));
    const entry = await reader.next();
    expect([entry?.header.uid, entry?.header.mtime.seconds]).toEqual([3_000_000_000, -1]);
  });

  test("of V7 name a directory by its slash", async () => {
    expect((await readAll(buildTar([{ name: "d/", flag: "\0", magic: "v7" }])))[0]?.type).toBe("directory");
  });

  test.each<[string, Buffer, string]>([
    ["a wrong checksum", Buffer.concat([headerBlock({ name: "x" }).fill(1, 300, 301)]), "checksum"],
    ["a long name without an end", buildTar([{ name: "L", flag: "L", size: SPECIAL_LIMIT + 1 }]), "too long"],
    [
      "an extended header and then nothing",
      Buffer.concat([...paxBlocks({ path: "x" }), Buffer.alloc(1024)]),
      "ends after an extended header",
    ],
    ["a record that lies about its length", buildTar([file("x", "99 a=b\n", { flag: "x" })]), "malformed"],
    ["a negative size", buildTar([file("x", "", { pax: { size: "-1" } })]), "negative"],
    [
      "a sparse map outside of the file",
      buildTar([file("x", "abc", { pax: { "GNU.sparse.map": "5,3", "GNU.sparse.size": "4" } })]),
      "does not fit the file",
    ],
    [
      "a sparse map that overlaps",
      buildTar([file("x", "abcdef", { pax: { "GNU.sparse.map": "0,3,1,3", "GNU.sparse.size": "9" } })]),
      "does not fit the file",
    ],
    [
      "a sparse map for other data",
      buildTar([file("x", "abc", { pax: { "GNU.sparse.map": "0,2", "GNU.sparse.size": "9" } })]),
      "does not fit the data",
    ],
    ["half an archive", buildTar([dir("a"), file("x", "abc")]).subarray(0, 1300), "truncated"],
  ])("with %s are refused", async (_, tar, reason) => expect(await failure(tar)).toContain(reason));
});

test("what it reads is what was written, wherever the chunks are cut", async () => {
  const name = fc.stringMatching(/^[a-z]{1,12}(\/[a-z]{1,12}){0,2}$/);
  const entries = fc.array(fc.record({ name, data: fc.string({ maxLength: 2000 }) }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(entries, fc.integer({ min: 1, max: 3000 }), async (files, chunk) => {
      const seen = await readAll(buildTar(files), chunk);
      expect(seen.map(({ name: n, data }) => [n, data])).toEqual(
        files.map((f) => [f.name, Buffer.from(f.data).toString("latin1")]),
      );
    }),
    { numRuns: 60 },
  );
});

test("it never fails but by its own error, whatever is flipped", async () => {
  const tar = buildTar([
    file("a/b", "x".repeat(600), { pax: { mtime: "1.5", path: "long/name" } }),
    dir("d"),
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: tar.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      async (at, byte) => {
        const copy = Buffer.from(tar);
        copy[at] = byte;
        // Fix the checksums, so that the damage gets further than that.
        for (const start of [0, 1024, 2560]) sealed(copy.subarray(start, start + 512));
        expect(await failure(copy)).not.toStartWith("not ours");
      },
    ),
    { numRuns: 300 },
  );
});
