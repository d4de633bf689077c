import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { humanAgo, humanDuration, humanSize } from "./human.ts";

describe("humanSize()", () => {
  test.each<[number, string]>([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1024, "1.02 kB"],
    [8_521_000, "8.52 MB"],
    [194_000_000, "194 MB"],
    [999_600, "1 MB"],
    [1_500_000_000, "1.5 GB"],
  ])("%d is %s", (bytes, text) => {
    expect(humanSize(bytes)).toBe(text);
  });

  test("without a separator, as ps has it", () => {
    expect(humanSize(8_521_000, "")).toBe("8.52MB");
  });

  test("is right to half a per cent and never shows 1000", () => {
    const units = ["B", "kB", "MB", "GB", "TB", "PB"];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9e15 }), (bytes) => {
        const [value = "", unit = ""] = humanSize(bytes).split(" ");
        expect(Number(value)).toBeLessThan(1000);
        const shown = Number(value) * 1000 ** units.indexOf(unit);
        expect(Math.abs(shown - bytes)).toBeLessThanOrEqual(bytes * 0.005);
      }),
    );
  });
});

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

describe("humanDuration()", () => {
  test.each<[number, string]>([
    [-5, "Less than a second"],
    [0, "Less than a second"],
    [999, "Less than a second"],
    [SECOND, "1 second"],
    [59 * SECOND, "59 seconds"],
    [60 * SECOND, "About a minute"],
    [119 * SECOND, "About a minute"],
    [120 * SECOND, "2 minutes"],
    [59 * 60 * SECOND, "59 minutes"],
    [HOUR, "About an hour"],
    [1.5 * HOUR, "2 hours"],
    [47 * HOUR, "47 hours"],
    [2 * DAY, "2 days"],
    [13 * DAY, "13 days"],
    [14 * DAY, "2 weeks"],
    [59 * DAY, "8 weeks"],
    [60 * DAY, "2 months"],
    [729 * DAY, "24 months"],
    [730 * DAY, "2 years"],
  ])("%d ms is %s", (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

test("humanAgo()", () => {
  expect(humanAgo(1000, 301_000)).toBe("5 minutes ago");
});
