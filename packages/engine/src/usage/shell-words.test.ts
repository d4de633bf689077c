import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { splitShellWords } from "./shell-words.ts";

test.each<[string, string[]]>([
  ["-eo pid,comm", ["-eo", "pid,comm"]],
  ['-o \'pid comm\'  "a\\"b"', ["-o", "pid comm", 'a"b']],
  ["a\\ b '' c", ["a b", "", "c"]],
  ["'a\\b' \"a\\b\"", ["a\\b", "a\\b"]],
  ["'open", ["open"]],
  ["  ", []],
])("%p", (text, words) => {
  expect(splitShellWords(text)).toEqual(words);
});

test("words in single quotes come back as they are", () => {
  const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(splitShellWords(words.map(quoted).join(" "))).toEqual(words);
    }),
  );
});
