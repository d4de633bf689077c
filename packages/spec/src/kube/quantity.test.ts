import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { divideUp, formatQuantity, parseQuantity, quantityMillis, quantityUnits } from "./quantity.ts";

describe("parseQuantity()", () => {
  test.each<[string | number, number]>([
    ["1", 1],
    [2, 2],
    ["0.5", 0.5],
    [".5", 0.5],
    ["1.", 1],
    ["500m", 0.5],
    ["100u", 0.0001],
    ["1k", 1000],
    ["1Ki", 1024],
    ["1.5Gi", 1.5 * 1024 ** 3],
    ["2G", 2e9],
    ["1e3", 1000],
    ["1E3", 1000],
    ["12e-1", 1.2],
    ["-1", -1],
    ["+1", 1],
    [0.25, 0.25],
  ])("%p is %d", (text, value) => {
    expect(parseQuantity(text)).toBe(BigInt(Math.round(value * 1e9)));
  });

  test("1E is an exa, 1E2 a hundred", () => {
    expect(quantityUnits("1E")).toBe(1e18);
    expect(quantityUnits("1E2")).toBe(100);
  });

  test.each(["", "1GB", "1KI", "1K", "Gi", "1 Gi", "1e", "0x10", "1,5", "abc", "--1", "1e99"])(
    "refuses %p",
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );

  test("rounds up what is finer than a nano", () => {
    expect(parseQuantity("0.0000000001")).toBe(1n);
    expect(parseQuantity("-0.0000000001")).toBe(-1n);
  });
});

describe("quantities as numbers", () => {
  test("whole bytes and thousandths of a processor are rounded up", () => {
    expect(quantityUnits("100m")).toBe(1);
    expect(quantityUnits("64Mi")).toBe(67108864);
    expect(quantityMillis("0.1")).toBe(100);
    expect(quantityMillis("1")).toBe(1000);
    expect(quantityMillis("0.0001")).toBe(1);
  });

  test("a divisor divides up", () => {
    expect(divideUp(parseQuantity("1500m") ?? 0n, parseQuantity("1") ?? 1n)).toBe(2n);
    expect(divideUp(parseQuantity("64Mi") ?? 0n, parseQuantity("1Mi") ?? 1n)).toBe(64n);
  });
});

describe("formatQuantity()", () => {
  test.each<[string, "binary" | "decimal", string]>([
    ["536870912", "binary", "512Mi"],
    ["1.5Gi", "binary", "1536Mi"],
    ["1000", "binary", "1000"],
    ["0.5", "decimal", "500m"],
    ["2000", "decimal", "2k"],
    ["0", "decimal", "0"],
    ["0.5", "binary", "500m"],
  ])("%s in %s units is %s", (text, units, shown) => {
    expect(formatQuantity(parseQuantity(text) ?? 0n, units)).toBe(shown);
  });

  test("what it writes reads as the same", () => {
    const nanos = fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n });
    fc.assert(
      fc.property(nanos, fc.constantFrom("binary" as const, "decimal" as const), (value, units) => {
        expect(parseQuantity(formatQuantity(value, units))).toBe(value);
      }),
    );
  });
});
