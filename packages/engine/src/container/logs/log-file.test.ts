import { afterAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { parseLogRecord } from "./k8s-file.ts";
import { LogFile } from "./log-file.ts";
import { mergeAsTheyCome, mergeInOrder } from "./merge.ts";

const directory = mkdtempSync(`${tmpdir()}/logs-`);
afterAll(() => rmSync(directory, { recursive: true }));
const path = `${directory}/ctr.log`;
const TIME = "2026-01-02T03:04:05.000000000+00:00";

const texts = (file: LogFile): string[] =>
  [...file.available()].map(({ text }) => Buffer.from(text).toString());
const line = (text: string, tag = "F"): string => `${TIME} stdout ${tag} ${text}\n`;

describe("parseLogRecord()", () => {
  const parse = (text: string) => parseLogRecord(Buffer.from(text));
  test("takes time, stream, tag and text apart; the text may be empty or hold blanks", () => {
    expect(parse(`${TIME} stderr P a b `)).toEqual({
      time: TIME,
      stream: "stderr",
      partial: true,
      text: Buffer.from("a b "),
    });
    expect(parse(`${TIME} stdout F`)?.text.length).toBe(0);
    expect(parse(`${TIME} stdout F `)?.text.length).toBe(0);
  });
  test("what is no record is none", () => {
    for (const text of ["", "x", "x y", `${TIME} stdin F x`]) expect(parse(text)).toBeUndefined();
  });
});

describe("LogFile", () => {
  test("gives what is new, also when a record comes in two pieces", () => {
    writeFileSync(path, line("one"));
    using file = new LogFile(path);
    expect(texts(file)).toEqual(["one"]);
    expect(texts(file)).toEqual([]);
    const second = line("two");
    appendFileSync(path, second.slice(0, 20));
    expect(texts(file)).toEqual([]);
    appendFileSync(path, second.slice(20));
    expect(texts(file)).toEqual(["two"]);
  });
  test("a file that is not there yet has nothing, until it is", () => {
    rmSync(path);
    using file = new LogFile(path);
    expect(texts(file)).toEqual([]);
    writeFileSync(path, line("late"));
    expect(texts(file)).toEqual(["late"]);
  });
  test("goes on in the file that replaces a full one", () => {
    writeFileSync(path, line("old"));
    using file = new LogFile(path);
    expect(texts(file)).toEqual(["old"]);
    writeFileSync(`${path}.tmp`, line("new"));
    renameSync(`${path}.tmp`, path);
    expect(file.followRotation()).toBe(true);
    expect(texts(file)).toEqual(["new"]);
    expect(file.followRotation()).toBe(false);
  });
  test("the last lines are those that all of the file ends with, partial records and long lines included", () => {
    const record = fc.record({ length: fc.integer({ min: 0, max: 40_000 }), partial: fc.boolean() });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.integer({ min: 0, max: 14 }), (records, tail) => {
        writeFileSync(
          path,
          records.map((r, i) => line(`${i}${"x".repeat(r.length)}`, r.partial ? "P" : "F")).join(""),
        );
        using file = new LogFile(path);
        file.seekToTail(tail);
        // A line ends with a complete record; the last one may lack its end.
        const lines = records.reduce<number[]>(
          (starts, _r, i) => (i === 0 || records[i - 1]?.partial === false ? [...starts, i] : starts),
          [],
        );
        const first = tail === 0 ? records.length : (lines.at(-tail) ?? 0);
        expect(texts(file).map((text) => Number.parseInt(text, 10))).toEqual(
          records.map((_r, i) => i).slice(first),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe("merging", () => {
  async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
    for (const item of items) yield await Promise.resolve(item);
  }
  async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
    const list: T[] = [];
    for await (const item of items) list.push(item);
    return list;
  }
  test("mergeInOrder() keeps time's order, ties in the order of the sources", async () => {
    const sources = [from([1, 4, 4.5]), from([2, 3, 4]), from<number>([])];
    expect(await all(mergeInOrder(sources, (a, b) => a < b))).toEqual([1, 2, 3, 4, 4, 4.5]);
  });
  test("mergeAsTheyCome() gives everything", async () => {
    expect(
      (await all(mergeAsTheyCome([from([1, 2]), from([3]), from([])]))).toSorted((a, b) => a - b),
    ).toEqual([1, 2, 3]);
  });
});
