import { expect, test } from "bun:test";
import type { IdMappings } from "@podwright/spec/values/id-map";
import fc from "fast-check";
import { allotRange, type AutoUserns, autoSize } from "./auto-range.ts";

const NONE: IdMappings = { uid: [], gid: [] };
const auto = (first: number, size: number, fixed = NONE): AutoUserns => ({
  fixed,
  available: { uid: [{ first, size }], gid: [{ first, size }] },
});

test("allotRange() gives the lowest free ids, around what others have and the user wants", () => {
  const used = [{ uid: [{ inside: 0, outside: 1010, size: 10 }], gid: [] }];
  const fixed = { uid: [{ inside: 3, outside: 1001, size: 1 }], gid: [] };
  expect(allotRange(auto(1000, 100, fixed), 15, used)).toEqual({
    uid: [
      { inside: 0, outside: 1000, size: 1 },
      { inside: 1, outside: 1002, size: 2 },
      { inside: 3, outside: 1001, size: 1 },
      { inside: 4, outside: 1004, size: 6 },
      { inside: 10, outside: 1020, size: 5 },
    ],
    gid: [{ inside: 0, outside: 1000, size: 15 }],
  });
  expect(() => allotRange(auto(1000, 10), 11, [])).toThrow("could not find enough available IDs");
});

test("autoSize()", () => {
  expect(autoSize(auto(0, 1), 5)).toBe(1024);
  expect(autoSize(auto(0, 1), 5000)).toBe(5000);
  expect(autoSize({ ...auto(0, 1), size: 7 }, 5000)).toBe(7);
  expect(() => autoSize(auto(0, 1), 70_000)).toThrow("size 70000");
});

test("no two have an id in common, whoever goes in between", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("take" as const), size: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ kind: fc.constant("leave" as const), size: fc.nat(10) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const held: IdMappings[] = [];
      for (const { kind, size } of steps) {
        if (kind === "leave") held.splice(size % (held.length + 1), 1);
        else if (held.flatMap(({ uid }) => uid).reduce((sum, { size: n }) => sum + n, 0) + size <= 200) {
          held.push(allotRange(auto(5000, 200), size, held));
        }
        const ids = held.flatMap(({ uid }) =>
          uid.flatMap(({ outside, size: n }) => Array.from({ length: n }, (_, at) => outside + at)),
        );
        expect(new Set(ids).size).toBe(ids.length);
      }
    }),
  );
});
