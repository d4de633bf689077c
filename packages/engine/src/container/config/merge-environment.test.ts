import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { mergeEnvironment } from "./merge-environment.ts";

function merged(...lines: string[]): Record<string, string> {
  const variables = new Map([
    ["PATH", "/bin"],
    ["EMPTY", ""],
  ]);
  mergeEnvironment(variables, lines);
  return Object.fromEntries(variables);
}

describe("mergeEnvironment()", () => {
  test.each([
    ["PATH=${PATH}:/my/bin", "/bin:/my/bin"],
    ["PATH=$PATH-x", "/bin-x"],
    ["PATH=${NOPE}", ""],
    ["PATH=${NOPE:-else}", "else"],
    ["PATH=${EMPTY:-${PATH}", "${PATH"],
    ["PATH=${PATH:-else}", "/bin"],
    ["PATH=${PATH:+instead of $PATH}", "instead of /bin"],
    ["PATH=${EMPTY:+instead}", ""],
    ["PATH='$PATH' is \\$PATH", "$PATH is $PATH"],
    ['PATH="a \\" \\x it\'s \\\\ $PATH"', "a \" \\x it's \\ /bin"],
    ["PATH=a=b$", "a=b$"],
  ])("%s", (line, value) => {
    expect(merged(line)["PATH"]).toBe(value);
  });

  test("later lines see earlier ones, and may make variables", () => {
    expect(merged("NEW=$PATH", "PATH=${NEW}:${NEW}")).toEqual({ PATH: "/bin:/bin", EMPTY: "", NEW: "/bin" });
  });

  test("what is no assignment, or has an open quote, is refused", () => {
    expect(() => merged("PATH")).toThrow("missing `=` for --env-merge substitution PATH");
    expect(() => merged("=x")).toThrow("missing `=`");
    expect(() => merged("PATH='x")).toThrow("' has no end");
  });

  test("a value in single quotes is itself; any text either merges or is refused", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const value = text.replaceAll("'", "");
        expect(merged(`PATH='${value}'`)["PATH"]).toBe(value);
        try {
          merged(`PATH=${text}`);
        } catch (error) {
          expect(error).toHaveProperty("code", "CONTAINER_INVALID");
        }
      }),
    );
  });
});
