import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  checkIdMap,
  cutAtParent,
  type IdMapping,
  insideId,
  mergeIdMap,
  outsideId,
  parseIdMap,
  subtractIds,
} from "./id-map.ts";
import { parseUsernsMode } from "./userns-mode.ts";

const ROOT = { parent: [{ inside: 0, outside: 0, size: 4_294_967_295 }], fill: false };
const USER = {
  parent: [
    { inside: 0, outside: 1000, size: 1 },
    { inside: 1, outside: 100_000, size: 65_536 },
  ],
  fill: true,
};
const map = (values: string[], context = ROOT, kind: "uid" | "gid" = "uid"): string[] =>
  parseIdMap(values, kind, context).map((m) => `${m.inside}:${m.outside}:${m.size}`);

describe("parseIdMap()", () => {
  test("triples, one id without a size, sorted and joined", () => {
    expect(map(["1:200001:4", "0:200000"])).toEqual(["0:200000:5"]);
    expect(map(["0:1:2:10:20:3"])).toEqual(["0:1:2", "10:20:3"]);
    expect(map(["", "5:6:0"])).toEqual([]);
  });

  test("+ takes both sides away from what stood before", () => {
    expect(map(["0:2000:100000", "+1:100:1"])).toEqual(["0:2000:1", "1:100:1", "2:2002:99998"]);
    expect(map(["0:0:20", "+10:1:1"])).toEqual(["0:0:1", "2:2:8", "10:1:1", "11:11:9"]);
    expect(map(["0:20:10", "15:35:10", "+8:23:16"])).toEqual(["0:20:3", "8:23:16", "24:44:1"]);
  });

  test("u and g are for one kind, both or none for both", () => {
    expect(map(["u1:3:1", "g2:4:2", "ug9:9:1"])).toEqual(["1:3:1", "9:9:1"]);
    expect(map(["u1:3:1", "g2:4:2"], ROOT, "gid")).toEqual(["2:4:2"]);
  });

  test("@ goes by the host's ids; what is left over is filled in for an ordinary user", () => {
    expect(map(["+100000:@1000"], USER)).toEqual(["0:1:65536", "100000:0:1"]);
    expect(map(["0:@100010:2"], USER)).toEqual(["0:11:2"]);
    expect(map(["+5:3:1"], USER)).toEqual(["0:0:3", "3:4:2", "5:3:1", "6:6:65531"]);
    expect(() => map(["0:@7:1"], USER)).toThrow("parent ID UID 7 is not mapped/delegated");
  });

  test.each(["0", ":1:2", "x0:1:2", "0:x:1", "0:1:", "0:1:2:3", "+:1:1", "0:99999999999:1"])(
    "%s is refused",
    (text) => {
      expect(() => map([text])).toThrow();
    },
  );

  test("no extension leaves an id twice, and the last word is kept", () => {
    const piece = fc.record({
      inside: fc.nat(40),
      outside: fc.nat(40),
      size: fc.integer({ min: 1, max: 15 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
        const text = pieces.map((p) => `+${p.inside}:${p.outside}:${p.size}`);
        const result = parseIdMap(text, "uid", ROOT);
        checkIdMap(result, "uid");
        const last = pieces.at(-1);
        if (last === undefined) return;
        expect(outsideId(result, last.inside)).toBe(last.outside);
        expect(insideId(result, last.outside + last.size - 1)).toBe(last.inside + last.size - 1);
      }),
    );
  });
});

test("checkIdMap() refuses what the kernel would", () => {
  const overlap: IdMapping[] = [
    { inside: 0, outside: 10, size: 5 },
    { inside: 4, outside: 30, size: 5 },
  ];
  expect(() => checkIdMap(overlap, "gid")).toThrow("gid mappings 0:10:5 and 4:30:5 overlap");
  expect(() => checkIdMap([{ inside: 0, outside: 4_294_967_290, size: 20 }], "uid")).toThrow("no such ids");
});

test("subtractIds() gives what is in none of the others", () => {
  const range = fc.record({ first: fc.nat(60), size: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(range, fc.array(range, { maxLength: 5 }), (all, used) => {
      const ids = (ranges: readonly { first: number; size: number }[]): number[] =>
        ranges.flatMap(({ first, size }) => Array.from({ length: size }, (_, at) => first + at));
      const taken = new Set(ids(used));
      expect(ids(subtractIds([all], used))).toEqual(ids([all]).filter((id) => !taken.has(id)));
    }),
  );
});

test("mergeIdMap() keeps every id", () => {
  const pieces = [5, 3, 4].map((id) => ({ inside: id, outside: id + 100, size: 1 }));
  expect(mergeIdMap(pieces)).toEqual([{ inside: 3, outside: 103, size: 3 }]);
});

test("parseUsernsMode()", () => {
  expect(parseUsernsMode("")).toEqual({ kind: "host" });
  expect(parseUsernsMode("keep-id:uid=3,gid=4")).toEqual({ kind: "keep-id", uid: 3, gid: 4 });
  expect(parseUsernsMode("auto:size=8192,uidmapping=1:@2:3")).toEqual({
    kind: "auto",
    size: 8192,
    uidMappings: ["1:@2:3"],
    gidMappings: [],
  });
  expect(parseUsernsMode("ns:/proc/1/ns/user")).toEqual({ kind: "path", path: "/proc/1/ns/user" });
  expect(parseUsernsMode("container:web")).toEqual({ kind: "container", container: "web" });
  for (const wrong of ["bogus", "host:x", "auto:x", "auto:big=1", "keep-id:uid=-1", "ns:", "container:"]) {
    expect(() => parseUsernsMode(wrong)).toThrow();
  }
});

describe("cutAtParent()", () => {
  const { parent } = USER;

  test("cuts where the parent's map begins another piece", () => {
    expect(cutAtParent([{ inside: 5, outside: 0, size: 10 }], parent, "uid")).toEqual([
      { inside: 5, outside: 0, size: 1 },
      { inside: 6, outside: 1, size: 9 },
    ]);
    expect(() => cutAtParent([{ inside: 0, outside: 100_000, size: 5 }], parent, "gid")).toThrow(
      "gid mapping 0:100000:5: only the ids 0 to 65536 are there to be mapped",
    );
  });

  test("says the same of each id, in pieces that the kernel takes", () => {
    const range = fc.record({
      inside: fc.nat(1000),
      outside: fc.nat(100),
      size: fc.integer({ min: 1, max: 2000 }),
    });
    fc.assert(
      fc.property(range, fc.nat(5000), (wanted, id) => {
        const cut = cutAtParent([wanted], parent, "uid");
        expect(outsideId(cut, id)).toBe(outsideId([wanted], id));
        for (const { outside, size } of cut) {
          const last = outside + size - 1;
          expect(parent.some((piece) => outside >= piece.inside && last < piece.inside + piece.size)).toBe(
            true,
          );
        }
      }),
    );
  });
});
