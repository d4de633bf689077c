import { describe, expect, test } from "bun:test";
import type { PodVolume } from "@podwright/spec/engine-api/pods";
import fc from "fast-check";
import { posix } from "node:path";
import { checkPodVolumes, partsOfFile } from "./volume-rules.ts";

const files = (...paths: readonly string[]): PodVolume => ({
  name: "v",
  content: { kind: "files", files: paths.map((path) => ({ path, mode: 0o644, data: "" })) },
});

describe("checkPodVolumes()", () => {
  test("takes volumes of each kind", () => {
    const volumes: PodVolume[] = [
      files("a", "b/c", "b/d", "..x"),
      { name: "disk", content: { kind: "directory" }, fsGroup: 0 },
      { name: "ram", content: { kind: "memory", size: 1 } },
    ];
    expect(() => checkPodVolumes(volumes)).not.toThrow();
  });

  test.each([
    ["two of a name", [files("a"), files("b")], "the pod has two volumes named v"],
    ["a name that is a path", [{ name: "..", content: { kind: "directory" } }], "invalid name"],
    ["a group that is none", [{ ...files("a"), fsGroup: -1 }], "volume v: invalid group -1"],
    ["no size", [{ name: "v", content: { kind: "memory", size: 0 } }], "volume v: invalid size 0"],
    ["two files at a path", [files("a", "a")], "volume v: two files at a"],
    ["a file above another", [files("a", "a/b")], "volume v: a is a file and a directory"],
    [
      "a mode with more than permissions",
      [{ name: "v", content: { kind: "files", files: [{ path: "a", mode: 0o4755, data: "" }] } }],
      "volume v: invalid mode 4755 of a",
    ],
    [
      "content that is no base64",
      [{ name: "v", content: { kind: "files", files: [{ path: "a", mode: 0, data: "?" }] } }],
      "volume v: the content of a is not base64",
    ],
  ] satisfies readonly [string, readonly PodVolume[], string][])("refuses %s", (_what, volumes, message) => {
    expect(() => checkPodVolumes(volumes)).toThrow(message);
  });
});

describe("partsOfFile()", () => {
  test("a path that it takes stays below, whatever it is made of", () => {
    const part = fc.constantFrom("", ".", "..", "a", "..a", "b\0", "/", "...", "ä");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const path = parts.join("/");
        if (partsOfFile(path) === undefined) return;
        expect(posix.normalize(path)).toBe(path);
        expect(posix.join("/v", path).startsWith("/v/")).toBe(true);
        expect(path).not.toContain("\0");
      }),
    );
  });

  test("names are as long as a file system takes them", () => {
    expect(partsOfFile("a".repeat(255))).toHaveLength(1);
    expect(partsOfFile("ä".repeat(128))).toBeUndefined();
    expect(partsOfFile(Array(2100).fill("a").join("/"))).toBeUndefined();
  });
});
