import { describe, expect, test } from "bun:test";
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import { recordBatch } from "../../../testing/log-batch.ts";
import { recordingIo } from "../../../testing/recording-io.ts";
import { type LogLineStyle, printLogLines } from "./log-lines.ts";

const TIME = "2026-01-02T03:04:05.000000000+00:00";
const PLAIN: LogLineStyle = { timestamps: false, prefix: "none", colour: false, several: false, live: false };

async function* from(batches: readonly LogBatch[]): AsyncGenerator<LogBatch> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

async function print(style: Partial<LogLineStyle>, ...batches: readonly (readonly [string, string])[]) {
  const io = recordingIo();
  const records = batches.map(([id, text]) => recordBatch(id, text.replace(/^/gm, `${TIME} `).slice(0, -36)));
  await printLogLines(io, from(records), { ...PLAIN, ...style });
  return { out: io.stdout, err: io.stderr };
}

describe("printLogLines()", () => {
  test("gives each stream its lines; a partial record is no line", async () => {
    expect(
      await print({}, ["a", "stdout F one\nstderr F two\nstdout P thr\nstdout F ee\nstdout P end\n"]),
    ).toEqual({
      out: "one\nthree\nend",
      err: "two\n",
    });
  });

  test("puts name, id and time in front of each line once", async () => {
    const records: readonly [string, string] = [
      "abcdefghijklmnop",
      "stdout P o\nstdout F ne\nstdout F two\n",
    ];
    expect((await print({ prefix: "id", timestamps: true }, records)).out).toBe(
      `abcdefghijkl ${TIME} one\nabcdefghijkl ${TIME} two\n`,
    );
    expect((await print({ prefix: "name" }, records)).out).toBe(
      "name-abcdefghijklmnop one\nname-abcdefghijklmnop two\n",
    );
  });

  test("does not break a line of one container by those of another", async () => {
    const { out } = await print(
      { prefix: "id", several: true },
      ["a", "stdout P on\n"],
      ["b", "stdout F two\nstdout P thr\n"],
      ["a", "stdout F e\n"],
      ["b", "stdout P e\n"],
    );
    expect(out).toBe("b two\na one\nb thre");
    expect(
      (await print({}, ["a", "stdout P on\n"], ["b", "stdout F two\n"], ["a", "stdout F e\n"])).out,
    ).toBe("ontwo\ne\n");
  });

  test("prints the start of a line without an end rather than keep all of it", async () => {
    const part = `stdout P ${"x".repeat(8000)}\n`.repeat(20);
    const { out } = await print({ several: true, prefix: "id" }, ["a", part], ["a", "stdout F end\n"]);
    expect(out).toBe(`a ${"x".repeat(160_000)}end\n`);
  });

  test("paints each container's lines in a colour of its own, without the newline", async () => {
    const { out } = await print(
      { colour: true, prefix: "id" },
      ["a", "stdout F one\nstdout P tw\n"],
      ["a", "stdout F o\n"],
      ["b", "stdout F x\n"],
    );
    expect(out).toBe("\x1b[31ma one\x1b[0m\n\x1b[31ma tw\x1b[0m\x1b[31mo\x1b[0m\n\x1b[32mb x\x1b[0m\n");
  });
});
