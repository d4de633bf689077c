import { afterAll, expect, test } from "bun:test";
import { assert, property, string } from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { expandGlob } from "./glob.ts";

const base = mkdtempSync(`${tmpdir()}/glob-`);
afterAll(() => rmSync(base, { recursive: true }));
for (const directory of ["foo1", "foo2"]) mkdirSync(`${base}/${directory}`);
for (const path of ["v1a", "v1b", "v2", ".hidden", "foo1/bar", "foo2/bar", "a*b"])
  writeFileSync(`${base}/${path}`, "");

test.each<[string, string[]]>([
  ["v1*", ["v1a", "v1b"]],
  ["*1?", ["v1a", "v1b"]],
  ["v[12]*", ["v1a", "v1b", "v2"]],
  ["v[^1]", ["v2"]],
  ["foo?/b*", ["foo1/bar", "foo2/bar"]],
  ["foo1/bar", ["foo1/bar"]],
  [String.raw`a\**`, ["a*b"]],
  ["h*", []],
  [".h*", [".hidden"]],
  ["none/*", []],
  ["v1a/*", []],
])("%s matches %j", (pattern, expected) => {
  expect(expandGlob(`${base}/${pattern}`)).toEqual(expected.map((path) => `${base}/${path}`));
});

test("a name matches the pattern that it is, quoted", () => {
  assert(
    property(string({ minLength: 1, maxLength: 20 }), (name) => {
      if (name.includes("/") || name.includes("\0") || name === "." || name === "..") return;
      const directory = mkdtempSync(`${base}/d-`);
      writeFileSync(`${directory}/${name}`, "");
      const quoted = Array.from(name, (letter) => `\\${letter}`).join("");
      expect(expandGlob(`${directory}/${quoted}*`)).toHaveLength(1);
      rmSync(directory, { recursive: true });
    }),
    { numRuns: 30 },
  );
});
