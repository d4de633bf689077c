/** Aligns tab-separated cells in columns, as Go's text/tabwriter does with Podman's settings. */

const MIN_WIDTH = 12;
const PADDING = 2;

/**
 * A cell is text that a tab ends; what follows the last tab of a line is not part of a column and is not padded.
 * A column is a run of adjacent lines that have such a cell, and is as wide as its widest.
 */
export function alignColumns(text: string): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const widths = lines.map((): number[] => []);
  const columns = Math.max(0, ...lines.map((cells) => cells.length - 1));
  for (let column = 0; column < columns; column++) assignWidths(lines, widths, column);
  return lines.map((cells, i) => cells.map((cell, c) => padCell(cell, widths[i]?.[c])).join("")).join("\n");
}

function assignWidths(
  lines: readonly (readonly string[])[],
  widths: readonly number[][],
  column: number,
): void {
  for (let start = 0; start < lines.length; start++) {
    let end = start;
    let width = MIN_WIDTH;
    for (; hasCell(lines[end], column); end++) {
      width = Math.max(width, lengthOf(lines[end]?.[column] ?? "") + PADDING);
    }
    for (let i = start; i < end; i++) {
      const line = widths[i];
      if (line) line[column] = width;
    }
    start = Math.max(start, end);
  }
}

function hasCell(cells: readonly string[] | undefined, column: number): boolean {
  return cells !== undefined && column < cells.length - 1;
}

function padCell(cell: string, width: number | undefined): string {
  return width === undefined ? cell : cell + " ".repeat(Math.max(0, width - lengthOf(cell)));
}

/** Code points, as tabwriter counts; terminals may show some of them wider. */
function lengthOf(cell: string): number {
  let length = 0;
  for (const _ of cell) length++;
  return length;
}

/** Rows of cells as an aligned text with a line end after each row. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  return plainTable(rows) ?? alignColumns(rows.map((cells) => `${cells.join("\t")}\n`).join(""));
}

/** Characters that are cell or line ends, or more than one code unit. */
const NOT_PLAIN = /[\t\n\ud800-\udfff]/;

/**
 * The same for rows of one length whose cells are what they seem, which all long lists are: each cell is looked at
 * twice, by calls that the runtime has in native code.
 */
function plainTable(rows: readonly (readonly string[])[]): string | undefined {
  const count = rows[0]?.length ?? 0;
  const widths = Array.from<number>({ length: count }).fill(MIN_WIDTH);
  for (const cells of rows) {
    if (cells.length !== count || NOT_PLAIN.test(cells.join(""))) return undefined;
    for (let column = 0; column < count - 1; column++) {
      const needed = (cells[column]?.length ?? 0) + PADDING;
      if (needed > (widths[column] ?? 0)) widths[column] = needed;
    }
  }
  let text = "";
  for (const cells of rows) {
    for (let column = 0; column < count - 1; column++) {
      text += (cells[column] ?? "").padEnd(widths[column] ?? 0);
    }
    text += `${cells[count - 1] ?? ""}\n`;
  }
  return text;
}
