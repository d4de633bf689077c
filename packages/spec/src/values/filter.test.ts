import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { matchesId, matchesLabels, matchesPattern, parseFilters } from "./filter.ts";

test("values of one key stand in order; a value may hold an equals sign", () => {
  expect(parseFilters(["label=a=b", "name=x", "label=c"])).toEqual({ label: ["a=b", "c"], name: ["x"] });
  expect(() => parseFilters(["foo"])).toThrow(
    "filter input must be in the form of filter=value: foo is invalid",
  );
  expect(() => parseFilters(["foo"], (value) => `invalid filter ${JSON.stringify(value)}`)).toThrow(
    'invalid filter "foo"',
  );
});

test("labels match by key, by value and by pattern", () => {
  const labels = { "com.example/a": "1", b: "" };
  expect(matchesLabels(labels, ["b", "com.example/a=1"])).toBe(true);
  expect(matchesLabels(labels, ["com.*=1"])).toBe(true);
  expect(matchesLabels(labels, ["com.example/a=2"])).toBe(false);
  expect(matchesLabels(labels, [])).toBe(true);
  expect(matchesLabels(labels, ["c.m.*"])).toBe(false);
});

test("ids match by prefix, or by pattern when the text is not hexadecimal", () => {
  expect(matchesId("abc123", ["ABC"])).toBe(true);
  expect(matchesId("abc123", ["bc"])).toBe(false);
  expect(matchesId("abc123", ["^ab.*3$"])).toBe(true);
});

test("a broken regular expression matches nothing and breaks nothing", () => {
  expect(matchesPattern("x(", ["x("])).toBe(false);
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      (text, pattern) => typeof matchesPattern(text, [pattern]) === "boolean",
    ),
  );
});
