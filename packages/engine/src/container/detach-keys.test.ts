import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { detachMatcher } from "./detach-keys.ts";

function type(keys: readonly number[], chunks: readonly (readonly number[])[]) {
  const matcher = detachMatcher(keys);
  const passed: number[] = [];
  for (const chunk of chunks) {
    const { pass, detached } = matcher.feed(Uint8Array.from(chunk));
    passed.push(...pass);
    if (detached) return { passed, detached };
  }
  return { passed, detached: false };
}

/** What came before the first whole sequence; bytes that may begin one are held at the end. */
function reference(keys: readonly number[], bytes: readonly number[]) {
  for (let end = keys.length; end <= bytes.length; end += 1) {
    const start = end - keys.length;
    if (keys.every((key, at) => bytes[start + at] === key))
      return { passed: bytes.slice(0, start), detached: true };
  }
  let held = Math.min(keys.length - 1, bytes.length);
  while (held > 0 && !keys.slice(0, held).every((key, at) => bytes[bytes.length - held + at] === key))
    held -= 1;
  return { passed: bytes.slice(0, bytes.length - Math.max(held, 0)), detached: false };
}

describe("detachMatcher()", () => {
  test("ctrl-p ctrl-q detaches, also over chunks, and is not passed on", () => {
    expect(
      type(
        [16, 17],
        [
          [97, 16],
          [17, 98],
        ],
      ),
    ).toEqual({ passed: [97], detached: true });
  });
  test("a sequence that breaks off is passed on whole", () => {
    expect(type([16, 17], [[16], [97]])).toEqual({ passed: [16, 97], detached: false });
    expect(type([16, 17], [[16, 16, 17]])).toEqual({ passed: [16], detached: true });
  });
  test("no keys: everything passes", () => {
    expect(type([], [[16, 17]])).toEqual({ passed: [16, 17], detached: false });
  });
  test("finds what a search over all of the input finds, however it is cut", () => {
    const byte = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(
        fc.array(byte, { minLength: 1, maxLength: 4 }),
        fc.array(fc.array(byte, { maxLength: 6 }), { maxLength: 8 }),
        (keys, chunks) => {
          expect(type(keys, chunks)).toEqual(reference(keys, chunks.flat()));
        },
      ),
    );
  });
});
