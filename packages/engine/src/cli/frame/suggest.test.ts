import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { editDistance } from "../../base/edit-distance.ts";
import { suggestionsFor } from "./suggest.ts";

describe("editDistance()", () => {
  test.each<[string, string, number]>([
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["pdo", "pod", 2],
    ["ps", "ps", 0],
  ])("%s → %s is %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test("is a metric", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});

test("suggestionsFor() takes near words and words that it begins", () => {
  expect(suggestionsFor("pdo", ["ps", "pod", "volume"])).toEqual(["ps", "pod"]);
  expect(suggestionsFor("vol", ["volume", "version"])).toEqual(["volume"]);
  expect(suggestionsFor("x", ["os", "tty"], 1)).toEqual([]);
});
