import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EngineError } from "../errors/engine-error.ts";
import { isDigest, parseDigest } from "./digest.ts";
import { formatReference, isShortName, parseReference, withDefaultTag } from "./reference.ts";

const HEX = "a".repeat(64);
const full = (text: string): string => formatReference(parseReference(text));

describe("parseReference()", () => {
  test.each([
    ["nginx", "docker.io/library/nginx"],
    ["nginx:1.25", "docker.io/library/nginx:1.25"],
    ["bitnami/redis", "docker.io/bitnami/redis"],
    ["index.docker.io/nginx", "docker.io/library/nginx"],
    ["localhost/nginx", "localhost/nginx"],
    ["localhost:5000/a/b:t", "localhost:5000/a/b:t"],
    ["[::1]:5000/a", "[::1]:5000/a"],
    ["quay.io/x/y_z__w--v", "quay.io/x/y_z__w--v"],
    [`quay.io/x@sha256:${HEX}`, `quay.io/x@sha256:${HEX}`],
    [`x:1@sha256:${HEX}`, `docker.io/library/x:1@sha256:${HEX}`],
    ["Registry/x", "Registry/x"],
  ])("%s is %s", (text, expected) => expect(full(text)).toBe(expected));

  test.each([
    ["", "invalid reference format"],
    [":tag", "invalid reference format"],
    ["a:", "invalid reference format"],
    ["a/../b", "invalid reference format"],
    ["a//b", "invalid reference format"],
    ["-a/b", "invalid reference format"],
    ["a@sha256:../../x", "invalid reference format"],
    ["nginx:t/x", "invalid reference format"],
    ["docker.io/Nginx", "repository name must be lowercase"],
    ["NGINX", "repository name must be lowercase"],
    [HEX, "cannot specify 64-byte hexadecimal strings"],
    [`${"a/".repeat(140)}b`, "must not be more than 255 characters"],
  ])("refuses %p: %s", (text, reason) => expect(() => parseReference(text)).toThrow(reason));

  test("gives back what it wrote", () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const name = fc.tuple(
      fc.constantFrom("docker.io", "localhost:5000", "[fe80::1]:80", "a.b-c.example"),
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/), { nil: undefined }),
    );
    fc.assert(
      fc.property(name, ([domain, path, tag]) => {
        const text = `${domain}/${path.join("/")}${tag === undefined ? "" : `:${tag}`}`;
        const once = full(text);
        expect(full(once)).toBe(once);
      }),
    );
  });

  test("throws nothing but its own error, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        try {
          expect(full(text)).not.toContain("..");
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      }),
    );
  });
});

test("isShortName() is true where the registry is left out", () => {
  expect(["nginx", "a/b", "nginx:1", `a@sha256:${HEX}`].map(isShortName)).toEqual([true, true, true, true]);
  expect(["docker.io/a", "localhost/a", "h:5/a"].map(isShortName)).toEqual([false, false, false]);
});

test("withDefaultTag() adds latest only where nothing stands", () => {
  expect(formatReference(withDefaultTag(parseReference("nginx")))).toBe("docker.io/library/nginx:latest");
  expect(withDefaultTag(parseReference(`n@sha256:${HEX}`)).tag).toBeUndefined();
});

test("parseDigest() refuses what could lead elsewhere", () => {
  expect(parseDigest(`sha256:${HEX}`)).toEqual({ algorithm: "sha256", hex: HEX });
  for (const bad of ["sha256:../../x", `sha256:${HEX}0`, `sha256:${"A".repeat(64)}`, `md5:${HEX}`, HEX, ""]) {
    expect(isDigest(bad)).toBe(false);
    expect(() => parseDigest(bad)).toThrow("invalid digest");
  }
});
