/** Writes docs/benchmarks and the README's table from docs/benchmarks/results.json: `bun bench/report.ts`; --check only compares. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Held, readHeld } from "./held.ts";
import { benchmarksPage, readmeTable } from "./report/markdown.ts";
import { plotGroup } from "./report/plot.ts";
import { GROUP_TITLES } from "./report/words.ts";
import { readResults, type Results } from "./results.ts";
import type { Group } from "./rows/row.ts";
import { readTraces, type Trace } from "./traces.ts";

const REPOSITORY = join(import.meta.dir, "..");
const DIRECTORY = "docs/benchmarks";
const BEGIN = "<!-- benchmarks: written by bench/report.ts -->\n";
const END = "<!-- end of benchmarks -->";

/** What bench/trace has found. */
export interface Looked {
  readonly traces?: readonly Trace[];
  readonly held?: Held;
}

/** Path from the repository's root → what it has to hold. */
export function reportFiles(
  results: Results,
  readme: string,
  { traces = [], held }: Looked = {},
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  files.set(`${DIRECTORY}/README.md`, benchmarksPage(results, traces, held));
  for (const group of Object.keys(GROUP_TITLES) as readonly Group[]) {
    const plot = plotGroup(
      results,
      results.rows.filter((row) => row.group === group),
    );
    if (plot !== undefined) files.set(`${DIRECTORY}/${group}.svg`, plot);
  }
  files.set("README.md", withTable(readme, readmeTable(results)));
  return files;
}

/** A README without the markers stays as it is. */
export function withTable(readme: string, table: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) return readme;
  return `${readme.slice(0, from + BEGIN.length)}\n${table}\n${readme.slice(to)}`;
}

function main(check: boolean): void {
  const results = readResults(join(REPOSITORY, DIRECTORY));
  if (results === undefined) {
    console.log("no results yet");
    return;
  }
  const held = readHeld(join(REPOSITORY, DIRECTORY));
  const looked: Looked = {
    traces: readTraces(join(REPOSITORY, DIRECTORY)),
    ...(held === undefined ? {} : { held }),
  };
  const readme = readFileSync(join(REPOSITORY, "README.md"), "utf8");
  for (const [name, content] of reportFiles(results, readme, looked)) {
    const file = join(REPOSITORY, name);
    if (existsSync(file) && readFileSync(file, "utf8") === content) continue;
    if (check) {
      console.log(`${name} does not say what ${DIRECTORY}/results.json says; bun bench/report.ts writes it`);
      process.exitCode = 1;
    } else {
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, content);
    }
  }
}

if (import.meta.main) main(process.argv.includes("--check"));
