/** Prints a list: as a table, as JSON, or with a Go template of the user's. */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { Io } from "../frame/command.ts";
import { toGoJson } from "./json.ts";
import { alignColumns, formatTable } from "./table.ts";
import { asksForJson, compileExactly, implyRange, interpretEscapes } from "./template.ts";
import type { FieldSource } from "./template/values.ts";

export interface RowSpec<T> {
  /** Template field → value: a string, number, boolean, array, map, or a function for a method (`.Label "k"`). */
  readonly fields: Readonly<Record<string, (row: T) => unknown>>;
  /** Where a column's header is not the field's name in capitals: `{ID: "CONTAINER ID"}`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly json: (row: T) => unknown;
  /** What `{{json .}}` prints, where a row has more to it than its element of the JSON list. */
  readonly rowJson?: (row: T) => unknown;
  /** Spaces. */
  readonly jsonIndent: number;
}

export interface RowsOptions {
  /** Used without `format`: "table {{.ID}}\t{{.Names}}". */
  readonly defaultFormat: string;
  readonly format?: string | undefined;
  readonly noHeading?: boolean;
}

/** Throws CLI_FORMAT_INVALID for a template that cannot be parsed or names a field that rows have not. */
export function printRows<T>(io: Io, spec: RowSpec<T>, rows: readonly T[], options: RowsOptions): void {
  const given = options.format === undefined || options.format === "" ? undefined : options.format;
  if (asksForJson(given)) {
    io.out(
      `${toGoJson(
        rows.map((row) => spec.json(row)),
        spec.jsonIndent,
      )}\n`,
    );
    return;
  }
  const plain = given === undefined ? plainTable(spec, rows, options) : undefined;
  if (plain !== undefined) {
    io.out(plain);
    return;
  }
  const format = compileRowFormat(given ?? options.defaultFormat, given !== undefined);
  const body = format.render(rows.map((row) => rowSource(spec, row)));
  if (!format.isTable) {
    io.out(body);
    return;
  }
  const heading = options.noHeading ? "" : format.render([headingSource(spec)]);
  io.out(alignColumns(heading + body));
}

/**
 * A table of our own, whose columns are fields and whose cells are text, needs no template: compiling and running
 * one would take as long as all the rest of `ps`. Undefined for any other.
 */
function plainTable<T>(spec: RowSpec<T>, rows: readonly T[], options: RowsOptions): string | undefined {
  const { defaultFormat, noHeading } = options;
  if (!defaultFormat.startsWith("table ")) return undefined;
  const cells = defaultFormat.slice("table ".length).split("\t");
  const names = cells.map((cell) => /^\{\{\.(\w+)\}\}$/.exec(cell)?.[1]);
  const lines: unknown[][] = noHeading === true ? [] : [names.map((name) => headingOf(spec, name ?? ""))];
  for (const row of rows) lines.push(names.map((name) => spec.fields[name ?? ""]?.(row)));
  return lines.every(isText) ? formatTable(lines) : undefined;
}

function isText(line: readonly unknown[]): line is string[] {
  return line.every((cell) => typeof cell === "string");
}

interface RowFormat {
  readonly isTable: boolean;
  render(rows: readonly FieldSource[]): string;
}

function compileRowFormat(format: string, byUser: boolean): RowFormat {
  const isTable = format.startsWith("table ");
  const line = isTable ? format.slice("table ".length) : format;
  // In a table of the user's a blank separates columns just as a tab does.
  const normal = withLineEnd(interpretEscapes(isTable && byUser ? line.replaceAll(" ", "\t") : line));
  const wrap = isTable ? (text: string) => `{{range .}}${text}{{end -}}` : implyRange;
  try {
    return { isTable, render: compileExactly(wrap(normal), "format") };
  } catch (error) {
    // `{{printf "\n"}}` parses only as it was written.
    if (!isEngineError(error, "CLI_FORMAT_INVALID")) throw error;
    return { isTable, render: compileExactly(wrap(line), "format") };
  }
}

function withLineEnd(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

function rowSource<T>(spec: RowSpec<T>, row: T): FieldSource {
  return {
    typeName: "row",
    fieldNames: Object.keys(spec.fields),
    field: (name) => {
      const read = Object.hasOwn(spec.fields, name) ? spec.fields[name] : undefined;
      return read && { value: read(row) };
    },
    toData: () => (spec.rowJson ?? spec.json)(row),
  };
}

/** The row of headers: each field is its column's title, a method's title is its argument (`LABEL` values). */
function headingSource<T>(spec: RowSpec<T>): FieldSource {
  return {
    typeName: "heading",
    fieldNames: Object.keys(spec.fields),
    field: (name) => ({ value: headingOf(spec, name) }),
    toData: () => Object.fromEntries(Object.keys(spec.fields).map((name) => [name, headingOf(spec, name)])),
  };
}

function headingOf<T>(spec: RowSpec<T>, name: string): unknown {
  const title = (Object.hasOwn(spec.headers, name) ? spec.headers[name] : undefined) ?? splitCamelCase(name);
  const upper = title.toUpperCase();
  return name === "Label" ? (key: unknown) => (typeof key === "string" ? key.toUpperCase() : upper) : upper;
}

/** "RunningFor" → "Running For", "IPAMOptions" → "IPAM Options". */
function splitCamelCase(name: string): string {
  if (!/[a-z0-9][A-Z0-9]|[A-Z][A-Z0-9]/.test(name)) return name;
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .replace(/(\p{L})(\p{N})/gu, "$1 $2");
}
