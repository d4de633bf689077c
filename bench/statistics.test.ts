/** What is said of samples: middle, spread, digits. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { quantile, rounded, summarise } from "./statistics.ts";

describe("summarise()", () => {
  test("says middle and spread, in whatever order the samples came", () => {
    expect(summarise([5, 1, 4, 2, 3])).toEqual({ median: 3, p10: 1.4, p90: 4.6, min: 1, max: 5, samples: 5 });
  });

  test("takes the mean of the two middle ones", () => expect(summarise([1, 2, 3, 10]).median).toBe(2.5));

  test("says one sample for everything", () =>
    expect(summarise([7])).toEqual({ median: 7, p10: 7, p90: 7, min: 7, max: 7, samples: 1 }));

  test("refuses to speak of nothing", () => expect(() => summarise([])).toThrow(RangeError));

  test("leaves the samples in their order", () => {
    const samples = [3, 1, 2];
    summarise(samples);
    expect(samples).toEqual([3, 1, 2]);
  });

  test("is ordered and within the samples", () => {
    const times = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(times, (samples) => {
        const { min, p10, median, p90, max } = summarise(samples);
        const slack = 1e-6;
        expect(min).toBe(Math.min(...samples));
        expect(max).toBe(Math.max(...samples));
        expect(p10).toBeGreaterThanOrEqual(min - slack);
        expect(median).toBeGreaterThanOrEqual(p10 - slack);
        expect(p90).toBeGreaterThanOrEqual(median - slack);
        expect(max).toBeGreaterThanOrEqual(p90 - slack);
      }),
    );
  });
});

test("quantile() lies between its neighbours in proportion", () => expect(quantile([0, 10], 0.25)).toBe(2.5));

test.each([
  [0, 0],
  [1234.5, 1230],
  [0.012_345, 0.0123],
  [99.96, 100],
])("rounded() gives three digits of %d", (value, expected) => expect(rounded(value)).toBe(expected));
