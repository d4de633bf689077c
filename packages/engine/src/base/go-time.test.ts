import { expect, test } from "bun:test";
import { rfc3339Nano, unixSeconds } from "./go-time.ts";

test("rfc3339Nano() is the same moment, without trailing zeros", () => {
  for (const ms of [1, 1_790_000_000_000, 1_790_000_000_120, 1_700_000_000_007]) {
    expect(Date.parse(rfc3339Nano(ms))).toBe(ms);
  }
  expect(rfc3339Nano(1_790_000_000_120)).toMatch(/:\d\d\.12(Z|[+-]\d\d:\d\d)$/);
  expect(rfc3339Nano(1_790_000_000_000)).toMatch(/:\d\d(Z|[+-]\d\d:\d\d)$/);
});

test("never is Go's zero time", () => {
  expect(rfc3339Nano(0)).toBe("0001-01-01T00:00:00Z");
  expect(unixSeconds(0)).toBe(-62_135_596_800);
  expect(unixSeconds(1_790_000_000_999)).toBe(1_790_000_000);
});
