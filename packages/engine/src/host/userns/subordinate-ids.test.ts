import { expect, test } from "bun:test";
import fc from "fast-check";
import { mapArguments, parseGetsubids, rangesOf } from "./subordinate-ids.ts";

const FILE = `# made by hand
alice:100000:65536
bob:200000:65536
1000:300000:10

alice:400000:1
alicebob:500000:5
alice:100:many
alice:100:0
alice:150000:10
`;

test("ranges of a user by name and by number, in order, without those that overlap earlier ones", () => {
  expect(rangesOf(FILE, { name: "alice", uid: 1000 })).toEqual([
    { first: 100_000, size: 65_536 },
    { first: 300_000, size: 10 },
    { first: 400_000, size: 1 },
  ]);
  expect(rangesOf(FILE, { name: "carol", uid: 1001 })).toEqual([]);
  expect(rangesOf("", { name: "alice", uid: 1000 })).toEqual([]);
});

test("what getsubids prints", () => {
  expect(parseGetsubids("0: alice 100000 65536\n1: alice 300000 5\n")).toEqual([
    { first: 100_000, size: 65_536 },
    { first: 300_000, size: 5 },
  ]);
  expect(parseGetsubids("Error fetching ranges\n")).toEqual([]);
});

test("0 is the user, and all ranges follow in a row", () => {
  const ranges = [
    { first: 100_000, size: 65_536 },
    { first: 300_000, size: 10 },
  ];
  expect(mapArguments(1000, ranges).join(" ")).toBe("0 1000 1 1 100000 65536 65537 300000 10");
  expect(mapArguments(1000, [])).toEqual(["0", "1000", "1"]);
});

test("property: ids inside never overlap and leave no gap, whatever the file says", () => {
  const line = fc.tuple(fc.constantFrom("a", "b", "1000", ""), fc.nat(2 ** 20), fc.nat(2 ** 18));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.map((words) => words.join(":")).join("\n");
      const ranges = rangesOf(text, { name: "a", uid: 1000 });
      const numbers = mapArguments(1000, ranges).map(Number);
      let next = 0;
      for (let i = 0; i < numbers.length; i += 3) {
        expect(numbers[i]).toBe(next);
        next += numbers[i + 2] ?? 0;
      }
      const sorted = ranges.toSorted((a, b) => a.first - b.first);
      for (const [i, range] of sorted.entries()) {
        const before = sorted[i - 1];
        if (before !== undefined) expect(range.first).toBeGreaterThanOrEqual(before.first + before.size);
      }
    }),
  );
});
