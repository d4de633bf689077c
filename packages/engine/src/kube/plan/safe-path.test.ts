import { expect, test } from "bun:test";
import fc from "fast-check";
import { resolve } from "node:path";
import { collision, safePath } from "./safe-path.ts";

test("safePath() keeps what stays below, without empty parts and dots", () => {
  expect(safePath("a/b")).toBe("a/b");
  expect(safePath("./a//b/./c/")).toBe("a/b/c");
  expect(safePath("..a/b..")).toBe("..a/b..");
  for (const text of [
    "",
    ".",
    "./",
    "/",
    "/etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a/..",
    "a/../b",
    "a\0b",
  ]) {
    expect([text, safePath(text)]).toEqual([text, undefined]);
  }
});

test("safePath() never leaves its directory", () => {
  const part = fc.constantFrom("..", ".", "", "a", "b c", "...", "..x", "/", "\0");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part).map((parts) => parts.join("/")),
      ),
      (text) => {
        const path = safePath(text);
        if (path === undefined) return;
        expect(resolve("/volume", path).startsWith("/volume/")).toBe(true);
        expect(resolve("/volume", path)).toBe(`/volume/${path}`);
      },
    ),
  );
});

test("collision() finds one path twice, and a file that is another's directory", () => {
  expect(collision(["a", "b/c", "b/d"])).toBeUndefined();
  expect(collision(["a", "b", "a"])).toBe("a");
  expect(collision(["a/b", "a"])).toBe("a/b");
});
