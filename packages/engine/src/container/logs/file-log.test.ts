import { afterAll, describe, expect, test } from "bun:test";
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import { logLines } from "@podwright/spec/values/log-batch";
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { FileLog } from "./file-log.ts";
import { RecordColumns, scanRecords } from "./k8s-file.ts";
import { mergeAsTheyCome, mergeInOrder } from "./merge.ts";

const directory = mkdtempSync(`${tmpdir()}/logs-`);
afterAll(() => rmSync(directory, { recursive: true }));
const path = `${directory}/ctr.log`;
const TIME = "2026-01-02T03:04:05.000000000+00:00";
const line = (text: string, tag = "F"): string => `${TIME} stdout ${tag} ${text}\n`;

function texts(log: FileLog): string[] {
  const list: string[] = [];
  for (const { bytes, columns } of log.available()) {
    const batch = {
      containerId: "",
      containerName: "",
      bytes,
      columns: columns.numbers,
      from: 0,
      to: columns.count,
    };
    for (const { text } of logLines(batch)) list.push(Buffer.from(text).toString());
  }
  return list;
}

function clear(): void {
  for (const name of ["", ".1", ".2", ".3"]) rmSync(`${path}${name}`, { force: true });
}

describe("FileLog", () => {
  test("gives what is new, also when a record comes in two pieces", () => {
    clear();
    writeFileSync(path, line("one"));
    using log = new FileLog({ path, maxFiles: 1 });
    expect(texts(log)).toEqual(["one"]);
    expect(texts(log)).toEqual([]);
    const second = line("two");
    appendFileSync(path, second.slice(0, 20));
    expect(texts(log)).toEqual([]);
    appendFileSync(path, second.slice(20));
    expect(texts(log)).toEqual(["two"]);
  });

  test("a file that is not there yet has nothing, until it is", () => {
    clear();
    using log = new FileLog({ path, maxFiles: 1 });
    expect(texts(log)).toEqual([]);
    writeFileSync(path, line("late"));
    expect(texts(log)).toEqual(["late"]);
  });

  test("goes on in the file that replaces a full one, with what was written to that until then", () => {
    clear();
    writeFileSync(path, line("old"));
    using log = new FileLog({ path, maxFiles: 1 });
    expect(texts(log)).toEqual(["old"]);
    appendFileSync(path, line("older"));
    writeFileSync(`${path}.tmp`, line("new"));
    renameSync(`${path}.tmp`, path);
    expect(texts(log)).toEqual(["older", "new"]);
    expect(texts(log)).toEqual([]);
  });

  test("begins anew in a file that was emptied", () => {
    clear();
    writeFileSync(path, line("a long line of a log"));
    using log = new FileLog({ path, maxFiles: 1 });
    texts(log);
    truncateSync(path);
    expect(texts(log)).toEqual([]);
    appendFileSync(path, line("b"));
    expect(texts(log)).toEqual(["b"]);
  });

  test("reads a record that is longer than its buffer, among others", () => {
    clear();
    const long = "x".repeat(900_000);
    writeFileSync(path, line("a") + line(long) + line("b") + line(long) + line("c"));
    using log = new FileLog({ path, maxFiles: 1 });
    expect(texts(log)).toEqual(["a", long, "b", long, "c"]);
  });

  test("reads every line once and in order, wherever between the steps of rotations it looks", () => {
    type Step = "write" | "shift" | "rename" | "reopen" | "look";
    const steps = fc.array(fc.constantFrom<Step[]>("write", "shift", "rename", "reopen", "look"), {
      maxLength: 60,
      size: "max",
    });
    fc.assert(
      fc.property(steps, (list) => {
        clear();
        let present = path;
        let written = 0;
        /** Of the files that were not looked at yet: more of them than are kept are lost, as they should be. */
        let behind = 0;
        const seen: string[] = [];
        using log = new FileLog({ path, maxFiles: 4 });
        const rename = (from: string, to: string): void => {
          renameSync(from, to);
        };
        const exists = (name: string): boolean => Bun.file(name).size > 0;
        writeFileSync(path, line("0"));
        for (const step of list) {
          if (step === "write") appendFileSync(present, line(`${(written += 1)}`));
          if (step === "look") {
            seen.push(...texts(log));
            behind = 0;
          }
          if (behind > 2) continue;
          if (step === "shift" && present === path && exists(`${path}.1`)) {
            for (const n of [2, 1]) if (exists(`${path}.${n}`)) rename(`${path}.${n}`, `${path}.${n + 1}`);
          }
          if (step === "rename" && present === path && !exists(`${path}.1`)) {
            rename(path, `${path}.1`);
            present = `${path}.1`;
          }
          if (step === "reopen" && present !== path) {
            writeFileSync(path, line(`${(written += 1)}`));
            present = path;
            behind += 1;
          }
        }
        seen.push(...texts(log));
        expect(seen).toEqual(Array.from({ length: written + 1 }, (_, n) => `${n}`));
      }),
      { numRuns: 60 },
    );
  });

  test("the last lines are those that all of the files end with, partial records and long lines included", () => {
    const record = fc.record({
      length: fc.integer({ min: 0, max: 40_000 }),
      partial: fc.boolean(),
      rotated: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.integer({ min: 0, max: 14 }), (records, tail) => {
        clear();
        writeFileSync(path, "");
        let rotations = 0;
        for (const [i, r] of records.entries()) {
          appendFileSync(path, line(`${i}${"x".repeat(r.length)}`, r.partial ? "P" : "F"));
          if (!r.rotated || rotations === 2) continue;
          rotations += 1;
          if (rotations === 2) renameSync(`${path}.1`, `${path}.2`);
          renameSync(path, `${path}.1`);
          writeFileSync(path, "");
        }
        using log = new FileLog({ path, maxFiles: 3 });
        log.seekToTail(tail);
        // A line ends with a complete record; the last one may lack its end.
        const lines = records.reduce<number[]>(
          (starts, _r, i) => (i === 0 || records[i - 1]?.partial === false ? [...starts, i] : starts),
          [],
        );
        const first = tail === 0 ? records.length : (lines.at(-tail) ?? 0);
        expect(texts(log).map((text) => Number.parseInt(text, 10))).toEqual(
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
  function batch(...seconds: number[]): LogBatch {
    const text = seconds.map(
      (s) => `2026-01-02T03:04:${s.toFixed(9).padStart(12, "0")}+00:00 stdout F ${s}\n`,
    );
    const bytes = Buffer.from(text.join(""));
    const columns = new RecordColumns();
    scanRecords(bytes, columns);
    return {
      containerId: "",
      containerName: "",
      bytes,
      columns: columns.numbers,
      from: 0,
      to: columns.count,
    };
  }
  test("mergeInOrder() keeps time's order, ties in the order of the sources", async () => {
    const sources = [
      from([batch(1, 4), batch(4.5, 9)]),
      from([batch(2), batch(3, 4, 7)]),
      from<LogBatch>([]),
    ];
    const list: number[] = [];
    for await (const merged of mergeInOrder(sources)) {
      for (const { text } of logLines(merged)) list.push(Number(Buffer.from(text).toString()));
    }
    expect(list).toEqual([1, 2, 3, 4, 4, 4.5, 7, 9]);
  });
  test("mergeAsTheyCome() gives everything", async () => {
    const list: number[] = [];
    for await (const item of mergeAsTheyCome([from([1, 2]), from([3]), from([])])) list.push(item);
    expect(list.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });
});
