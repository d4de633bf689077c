import { expect, test } from "bun:test";
import fc from "fast-check";
import { type TarEntryData, tarEnd, tarHeader, tarPadding } from "./tar-writer.ts";
import { TarReader } from "./tar-reader.ts";

const time = fc.record({
  seconds: fc.integer({ min: -5_000_000_000, max: 20_000_000_000 }),
  nanoseconds: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 999_999_999 })),
});
const name = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))));
const id = fc.oneof(fc.nat(5000), fc.constantFrom(2_097_151, 2_097_152, 4_294_967_294));
const xattrs = fc.dictionary(
  fc.stringMatching(/^user\.[a-z]{1,20}$/),
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
);

test("what is written is what is read", async () => {
  const entry = fc.record({
    type: fc.constantFrom<TarEntryData["type"][]>("file", "symlink", "char", "directory", "fifo", "hardlink"),
    name,
    linkName: name,
    mode: fc.nat(0o7777),
    uid: id,
    gid: id,
    data: fc.uint8Array({ maxLength: 1200 }),
    mtime: time,
    xattrs,
  });
  const property = fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
    const written = entries.map(({ data, xattrs: attributes, ...rest }) => {
      const content = rest.type === "file" ? Buffer.from(data) : Buffer.alloc(0);
      const header = {
        ...rest,
        size: content.length,
        xattrs: new Map(Object.entries(attributes).map(([key, value]) => [key, Buffer.from(value)])),
      };
      return { header, content };
    });
    const bytes = written.flatMap(({ header, content }) => [
      tarHeader(header),
      content,
      tarPadding(content.length),
    ]);
    const read = await readAll(Buffer.concat([...bytes, tarEnd()]));
    expect(read.length).toBe(written.length);
    for (const [index, { header, content }] of written.entries()) {
      const got = read[index];
      expect(got?.header).toMatchObject({
        type: header.type,
        name: header.name,
        mode: header.mode,
        uid: header.uid,
        gid: header.gid,
        size: content.length,
        mtime: header.mtime,
      });
      expect([...(got?.header.xattrs ?? [])]).toEqual([...header.xattrs]);
      expect(got?.content.equals(content)).toBe(true);
    }
  });
  await fc.assert(property, { numRuns: 150 });
});

test("GNU tar and Python read it", async () => {
  const long = `${"d".repeat(99)}/${"é".repeat(80)}`;
  const base = { mode: 0o640, uid: 7, gid: 8, mtime: { seconds: 1_600_000_000, nanoseconds: 5 } };
  const tar = Buffer.concat([
    tarHeader({ ...base, type: "file", name: Buffer.from(long), size: 5 }),
    Buffer.from("hello"),
    tarPadding(5),
    tarEnd(),
  ]);
  const listed = Bun.spawnSync(["tar", "tvf", "-", "--numeric-owner", "--quoting-style=literal"], {
    stdin: tar,
  });
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout.toString()).toMatch(/^-rw-r----- 7\/8 +5 2020-09-13 .*\n$/);
  const program =
    "import tarfile,sys,io; print(tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read())).getnames()[0])";
  const python = Bun.spawnSync(["python3", "-c", program], {
    stdin: tar,
    env: { ...process.env, PYTHONUTF8: "1" },
  });
  expect(python.stdout.toString().trim()).toBe(long);
});

async function readAll(tar: Buffer) {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield tar;
  }
  const reader = new TarReader(chunks());
  const entries = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const parts: Buffer[] = [];
    await entry.read((data) => void parts.push(Buffer.from(data)));
    entries.push({ header: entry.header, content: Buffer.concat(parts) });
  }
  return entries;
}
