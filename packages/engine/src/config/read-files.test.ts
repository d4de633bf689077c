import { expect, test } from "bun:test";
import { parseToml, withoutComments } from "./read-files.ts";

test("comments are left out before the parser, and lines keep their numbers", () => {
  const text = '# a\n[x]\n  # b = 1\nc = [\n  # inside\n  "# text",\n]\nd = 1 # beside\n';
  expect(withoutComments(text)).toBe('\n[x]\n\nc = [\n\n  "# text",\n]\nd = 1 # beside\n');
  expect(parseToml("f", text)).toEqual({ x: { c: ["# text"], d: 1 } });
  expect(() => parseToml("f", "# a\n# b\nc = = 1\n")).toThrow("f:3:5");
});

test("text of several lines is left as it is", () => {
  const text = 'a = """\n# text\n"""\n';
  expect(withoutComments(text)).toBe(text);
  expect(parseToml("f", text)).toEqual({ a: "# text\n" });
});
