import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { decompress } from "./decompress.ts";

const one = Buffer.from("one ".repeat(5000));
const two = Buffer.from("two ".repeat(70_000));
const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
const FORMATS = { gzip: (data: Buffer) => gzipSync(data), zstd: (data: Buffer) => zstdCompressSync(data) };

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return Buffer.concat(parts);
}

async function* pieces(data: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

const undone = (data: Buffer, size = data.length): Promise<Buffer> => collect(decompress(pieces(data, size)));

describe.each(Object.entries(FORMATS))("decompress() of %s", (_name, pack) => {
  test("takes several members in a row as one stream, however the chunks fall", async () => {
    const packed = Buffer.concat([pack(one), pack(Buffer.alloc(0)), pack(two)]);
    for (const size of [1, 7, 1000, packed.length]) {
      expect((await undone(packed, size)).equals(Buffer.concat([one, two]))).toBe(true);
    }
  });

  test("refuses a stream that was cut, in its first member or in a later one", async () => {
    const first = pack(one);
    const whole = Buffer.concat([first, pack(two)]);
    for (const length of [first.length - 1, first.length - 9, first.length + 9, whole.length - 1]) {
      await expect(undone(whole.subarray(0, length), 16)).rejects.toThrow(
        "cannot decompress: unexpected end of file",
      );
    }
  });

  test("refuses data that was changed, and what follows without being a member", async () => {
    const changed = Buffer.from(pack(two));
    changed.fill(0xff, changed.length >> 1, (changed.length >> 1) + 8);
    await expect(undone(changed)).rejects.toThrow("cannot decompress: ");
    for (const size of [5, 1 << 20]) {
      await expect(undone(Buffer.concat([pack(one), Buffer.from("garbage")]), size)).rejects.toThrow(
        "cannot decompress: ",
      );
    }
  });

  test("gives back what was packed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 500 }),
        async (members, size) => {
          const packed = Buffer.concat(members.map((member) => pack(Buffer.from(member))));
          expect((await undone(packed, size)).equals(Buffer.concat(members))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("throws what its input throws, and passes on nothing wrong for it", async () => {
    const failure = new Error("connection lost");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield pack(one);
      throw failure;
    }
    await expect(collect(decompress(broken()))).rejects.toBe(failure);
  });

  test("ends its input when the reader gives up", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield pack(two);
          await Bun.sleep(0);
        }
      } finally {
        resolve();
      }
    }
    for await (const chunk of decompress(endless())) if (chunk.length > 0) break;
    await ended;
  });

  test("runs ahead of its reader by a bounded number of bytes", async () => {
    const member = pack(randomBytes(1 << 20));
    let fed = 0;
    async function* many(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 64; count++) {
        fed += member.length;
        yield member;
      }
    }
    let read = 0;
    let furthest = 0;
    for await (const chunk of decompress(many())) {
      read += chunk.length;
      await Bun.sleep(1);
      furthest = Math.max(furthest, fed - read);
    }
    expect(read).toBe(64 << 20);
    expect(furthest).toBeLessThan(6 << 20);
  });
});

test("decompress() passes over zstd's skippable frames, also before the first", async () => {
  const packed = Buffer.concat([
    skippable,
    zstdCompressSync(one),
    skippable,
    zstdCompressSync(two),
    skippable,
  ]);
  for (const size of [1, 13, packed.length]) {
    expect((await undone(packed, size)).equals(Buffer.concat([one, two]))).toBe(true);
  }
});

test("decompress() takes padding of zeros after gzip, as tape archives have it", async () => {
  const packed = Buffer.concat([gzipSync(one), Buffer.alloc(512)]);
  expect((await undone(packed, 100)).equals(one)).toBe(true);
});

test("decompress() passes on what is not compressed, and names what it cannot undo", async () => {
  expect((await undone(one, 3)).equals(one)).toBe(true);
  expect((await undone(Buffer.alloc(0), 1)).length).toBe(0);
  await expect(undone(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1]))).rejects.toThrow("with xz");
  await expect(undone(Buffer.from("BZh91AY"))).rejects.toThrow("with bzip2");
});
