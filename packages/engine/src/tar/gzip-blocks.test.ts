import { expect, test } from "bun:test";
import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { compress } from "./compress.ts";
import { gzipBlocks } from "./gzip-blocks.ts";

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return Buffer.concat(parts);
}

async function* pieces(data: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

const BLOCK = 1 << 17;
const text = Buffer.from(
  Array.from({ length: 400_000 }, (_, at) => `line ${at % 977} of ${at >> 7}\n`).join(""),
);

test.each([
  ["nothing", Buffer.alloc(0)],
  ["a byte", Buffer.from("x")],
  ["one block to the byte", text.subarray(0, BLOCK)],
  ["a byte more than a block", text.subarray(0, BLOCK + 1)],
  ["many blocks", text],
  ["what cannot be compressed", randomBytes(3 * BLOCK + 17)],
])("gzipBlocks() of %s is one gzip member", async (_, data) => {
  const packed = await collect(gzipBlocks(pieces(data, 100_000), undefined));
  expect(gunzipSync(packed).equals(data)).toBe(true);
  // Other readers take it too.
  const gzip = Bun.spawn(["gzip", "-dc"], { stdin: packed, stdout: "pipe" });
  expect(Buffer.from(await new Response(gzip.stdout).arrayBuffer()).equals(data)).toBe(true);
  expect(await gzip.exited).toBe(0);
});

test("gzipBlocks() gives the same bytes however the chunks fall", async () => {
  const some = text.subarray(0, 5 * BLOCK + 99);
  const whole = await collect(gzipBlocks(pieces(some, some.length), 1));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1000, max: 3 * BLOCK }), async (size) => {
      expect((await collect(gzipBlocks(pieces(some, size), 1))).equals(whole)).toBe(true);
    }),
    { numRuns: 5 },
  );
});

test("gzipBlocks() heeds the level, and loses little to the blocks", async () => {
  const sizeAt = async (level: number): Promise<number> =>
    (await collect(compress(pieces(text.subarray(0, 16 * BLOCK), BLOCK), { format: "gzip", level }))).length;
  expect(await sizeAt(9)).toBeLessThan(await sizeAt(1));
  expect(await sizeAt(0)).toBeGreaterThan(16 * BLOCK);
  expect(await sizeAt(6)).toBeLessThan(
    Bun.gzipSync(text.subarray(0, 16 * BLOCK), { level: 6 }).length * 1.02,
  );
});

test("gzipBlocks() throws what its input throws", async () => {
  const failure = new Error("gone");
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield text;
    throw failure;
  }
  await expect(collect(gzipBlocks(broken(), undefined))).rejects.toBe(failure);
});
