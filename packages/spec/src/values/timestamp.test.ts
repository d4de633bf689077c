import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseTimestamp } from "./timestamp.ts";

const NOW = 1_700_000_000_000;

test.each<[string, number]>([
  ["10m", NOW - 600_000],
  ["1h30m", NOW - 5_400_000],
  ["1700000000", 1_700_000_000_000],
  ["1700000000.5", 1_700_000_000_500],
  ["0", 0],
  ["2024-05-01T10:00:00Z", Date.UTC(2024, 4, 1, 10)],
  ["2024-05-01T10:00:00.25+02:00", Date.UTC(2024, 4, 1, 8) + 250],
  ["2024-05-01T10:00:00,250000000+02:00", Date.UTC(2024, 4, 1, 8) + 250],
  ["2024-05-01T10:00Z", Date.UTC(2024, 4, 1, 10)],
  ["2024-05-01", new Date(2024, 4, 1).getTime()],
  ["2024-05-01T10:20", new Date(2024, 4, 1, 10, 20).getTime()],
  ["2024-05-01Z", Date.UTC(2024, 4, 1)],
])("parseTimestamp(%p)", (text, expected) => {
  expect(parseTimestamp(text, NOW)).toBe(expected);
});

test.each(["", "soon", "2024-13-01", "2024-04-31", "2024-05-01T25:00:00Z", "10 m", "1..2"])(
  "parseTimestamp(%p) is refused",
  (text) => {
    expect(() => parseTimestamp(text, NOW)).toThrow();
  },
);

test("what Date writes is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
      expect(parseTimestamp(new Date(ms).toISOString(), NOW)).toBe(ms);
    }),
  );
});
