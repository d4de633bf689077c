import { describe, expect, test } from "bun:test";
import { logLines } from "@podwright/spec/values/log-batch";
import fc from "fast-check";
import { RecordColumns, scanRecords } from "./k8s-file.ts";
import { RecordClock } from "./record-time.ts";

const TIME = "2026-01-02T03:04:05.123456789+00:00";

function scan(text: string | Buffer) {
  const bytes = Buffer.from(text);
  const columns = new RecordColumns();
  const { rest, invalid } = scanRecords(bytes, columns);
  const batch = {
    containerId: "",
    containerName: "",
    bytes,
    columns: columns.numbers,
    from: 0,
    to: columns.count,
  };
  const lines = [...logLines(batch)].map((line) => ({ ...line, text: Buffer.from(line.text).toString() }));
  return { lines, rest: bytes.subarray(rest).toString(), invalid: invalid?.toString() };
}

describe("scanRecords()", () => {
  test("takes time, stream, tag and text apart; the text may be empty or hold blanks", () => {
    expect(scan(`${TIME} stderr P a b \n`).lines).toEqual([
      { time: TIME, stream: "stderr", partial: true, text: "a b " },
    ]);
    for (const tail of ["F", "F ", "F:x "]) {
      expect(scan(`${TIME} stdout ${tail}\n`).lines).toEqual([
        { time: TIME, stream: "stdout", partial: false, text: "" },
      ]);
    }
    expect(scan(`2026-01-02T03:04:05Z stdout P:x y\n`).lines[0]).toMatchObject({ partial: true, text: "y" });
  });

  test("passes over what is no record, and says so", () => {
    for (const text of ["", "x", "x y", `${TIME} stdin F x`, `${TIME} stdouts F x`, " stdout F x"]) {
      const { lines, invalid } = scan(`${text}\n${TIME} stdout F good\n`);
      expect(lines.map((line) => line.text)).toEqual(["good"]);
      expect(invalid).toBe(text);
    }
  });

  test("leaves a record without its newline", () => {
    expect(scan(`${TIME} stdout F a\n${TIME} std`)).toMatchObject({ rest: `${TIME} std` });
  });

  test("gives back any text in any number of records", () => {
    const text = fc.string({ unit: "binary" }).map((s) => s.replaceAll("\n", ""));
    const record = fc.record({
      text,
      partial: fc.boolean(),
      err: fc.boolean(),
      time: fc.constantFrom(TIME, "t"),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 1200, size: "max" }), (records) => {
        const file = records.map(
          (r) => `${r.time} ${r.err ? "stderr" : "stdout"} ${r.partial ? "P" : "F"} ${r.text}\n`,
        );
        expect(scan(file.join("")).lines).toEqual(
          records.map((r) => ({
            time: r.time,
            stream: r.err ? "stderr" : "stdout",
            partial: r.partial,
            text: Buffer.from(r.text).toString(),
          })),
        );
      }),
      { numRuns: 10 },
    );
  });
});

test("RecordClock reads times as Date does, to the microsecond, whatever came before", () => {
  const clock = new RecordClock();
  const zone = fc.constantFrom("+00:00", "-03:30", "+14:00");
  const moment = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(moment, fc.integer({ min: 0, max: 999_999 }), zone, (date, nanos, offset) => {
      const text = `${date.toISOString().slice(0, -1)}${String(nanos).padStart(6, "0")}${offset} stdout F x`;
      const expected = Date.parse(`${date.toISOString().slice(0, -1)}${offset}`) + nanos / 1e6;
      expect(clock.at(Buffer.from(text), 0)).toBeCloseTo(expected, 3);
      expect(clock.at(Buffer.from(text), 0)).toBeCloseTo(expected, 3);
    }),
  );
  expect(clock.at(Buffer.from("2026-01-02T03:04:05Z stdout F x"), 0)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
});
