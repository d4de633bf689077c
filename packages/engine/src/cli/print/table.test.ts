import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { alignColumns, formatTable } from "./table.ts";

describe("alignColumns()", () => {
  test("a column is at least 12 wide, two blanks more than its widest cell, and the last cell is not padded", () => {
    expect(alignColumns("ID\tIMAGE\tNAMES\n0123456789ab\tdocker.io/x\tweb\n")).toBe(
      "ID            IMAGE        NAMES\n0123456789ab  docker.io/x  web\n",
    );
  });

  test("a trailing tab pads an empty column", () => {
    expect(alignColumns("a\tb\t\n")).toBe("a           b           \n");
  });

  test("a column ends where a line has no such cell", () => {
    expect(alignColumns("a long first cell\tb\nplain\nc\td\n")).toBe(
      "a long first cell  b\nplain\nc           d\n",
    );
  });

  test("counts characters, not bytes", () => {
    expect(alignColumns("é😀\tx\n")).toBe(`é😀${" ".repeat(10)}x\n`);
  });
});

test("formatTable() keeps every cell and starts each column at one place", () => {
  const cell = fc.stringMatching(/^[a-z0-9]{0,20}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }), (rows) => {
      const lines = formatTable(rows).split("\n").slice(0, -1);
      const width = (column: 0 | 1): number => Math.max(12, ...rows.map((row) => row[column].length + 2));
      lines.forEach((line, i) => {
        const row = rows[i] ?? ["", "", ""];
        expect(line).toBe(row[0].padEnd(width(0)) + row[1].padEnd(width(1)) + row[2]);
      });
    }),
  );
});

test("formatTable() gives what alignColumns() does, whatever stands in the cells", () => {
  const cell = fc.oneof(fc.string(), fc.constantFrom("", "a\tb", "two\nlines", "é😀", "x".repeat(30)));
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1 }), (rows) => {
      expect(formatTable(rows)).toBe(alignColumns(rows.map((cells) => `${cells.join("\t")}\n`).join("")));
    }),
  );
});
