/** What a run of the benchmark found, as it is kept: results.json, written anew after each row. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { Group } from "./rows/row.ts";
import type { Summary } from "./statistics.ts";

export interface Measured {
  /** Milliseconds. */
  readonly wall: Summary;
  /** Milliseconds of user and system time per action, what follows it included; absent for requests. */
  readonly cpu?: Summary;
  /** Megabytes (10⁶) of the largest process, with Docker's daemons. */
  readonly memory?: number;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly group: Group;
  readonly goal?: number;
  readonly stretch?: number;
  readonly date: string;
  readonly measured: Readonly<Record<string, Measured>>;
  /** Engines without a value here, and why. */
  readonly absent: Readonly<Record<string, string>>;
}

export interface Results {
  readonly machine: Machine;
  /** In the order of the columns. */
  readonly engines: readonly { readonly name: string; readonly version: string }[];
  readonly absent: Readonly<Record<string, string>>;
  readonly rows: readonly RowResult[];
}

const FILE = "results.json";

export function readResults(directory: string): Results | undefined {
  const file = join(directory, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : undefined;
}

export function writeResults(directory: string, results: Results): void {
  const file = join(directory, FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(results, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The row takes the place of an older one of its name; `order` is that of the table. */
export function withRow(results: Results, row: RowResult, order: readonly string[]): Results {
  const rows = [...results.rows.filter(({ name }) => name !== row.name), row];
  return { ...results, rows: rows.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)) };
}
