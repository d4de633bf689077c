import { expect, test } from "bun:test";
import { decodeManifest } from "./manifest-text.ts";

const decode = (...parts: readonly (string | readonly number[])[]): string =>
  decodeManifest("a.yaml", Buffer.concat(parts.map((part) => Buffer.from(part))));

test("UTF-8 with and without a byte order mark; what looks like a broken character may be a real one", () => {
  expect(decode("a: ä☃𝄞 \uFFFD\r\n")).toBe("a: ä☃𝄞 \uFFFD\r\n");
  expect(decode([0xef, 0xbb, 0xbf], "a: b")).toBe("a: b");
  expect(decode()).toBe("");
});

test("UTF-16 of either end first", () => {
  const little = Buffer.from("a: ä☃\n", "utf16le");
  expect(decode([0xff, 0xfe], [...little])).toBe("a: ä☃\n");
  expect(decode([0xfe, 0xff], [...little.swap16()])).toBe("a: ä☃\n");
  expect(() => decode([0xff, 0xfe], [0x00, 0xdc, 0x61])).toThrow(
    "a.yaml: its byte order mark says UTF-16, but it is not",
  );
});

test("what is no text is told with its line", () => {
  expect(() => decode("a: b\nc: ", [0xe4], "\n")).toThrow("a.yaml:2: error: not UTF-8: byte 0xe4");
  expect(() => decode("a: b\n\n", [0xe2, 0x98])).toThrow("a.yaml:3: error: not UTF-8: byte 0xe2");
});
