/** Both ends of a pipe, and what becomes of one when the other fails. */
import { expect, test } from "bun:test";
import { piped } from "./byte-pipe.ts";

test("all bytes come, in order", async () => {
  const got: number[] = [];
  await piped(
    async (sink) => {
      for (let i = 0; i < 100; i++) await sink(Uint8Array.of(i));
    },
    async (source) => {
      for await (const chunk of source) got.push(...chunk);
    },
  );
  expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test("a writer that fails makes the reader fail, and is what is told", async () => {
  const run = piped(
    async (sink) => {
      await sink(Uint8Array.of(1));
      throw new Error("no more");
    },
    async (source) => {
      for await (const _chunk of source);
    },
  );
  expect(run).rejects.toThrow("no more");
});

test("a reader that fails at once, or stops early, does not hold the writer", async () => {
  const endless = async (sink: (chunk: Uint8Array) => Promise<void>): Promise<void> => {
    for (let i = 0; i < 1000; i++) await sink(Uint8Array.of(i));
  };
  const failing = piped(endless, async (source) => {
    const iterator = source[Symbol.asyncIterator]();
    await iterator.next();
    throw new Error("in the way");
  });
  expect(failing).rejects.toThrow("in the way");
  await piped(endless, async () => {});
});
