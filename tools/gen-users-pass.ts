/** Writes the table of docs/rootless.md on what of the system tests an ordinary user's pass leaves out, and why. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT } from "./source-files.ts";

const FILE = "docs/rootless.md";
const SUITES = "tests/system";
const BEGIN = "<!-- Generated from the tests by `bun run gen`. -->\n";
const END = "<!-- The end of what is generated. -->\n";

export const readText = (name: string): string => readFileSync(join(ROOT, name), "utf8");

export interface Left {
  readonly suite: string;
  /** Of one test or of a group of them; undefined where all of the suite is left out. */
  readonly test?: string;
  readonly reason: string;
}

/** Whole suites, from the list of tools/setup/test-user.sh. @throws where a suite has gone or has no reason */
export function suitesLeftOut(setup: string, suites: readonly string[]): Left[] {
  const list = /^roots_alone\(\) \{\n {2}cat <<'END'\n([\s\S]*?)^END$/m.exec(setup)?.[1];
  if (list === undefined)
    throw new Error("tools/setup/test-user.sh has no list of suites that are root's alone");
  return list
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, suite = "", reason = ""] = /^(\S+): (.+)$/.exec(line) ?? [];
      if (!suites.includes(suite)) throw new Error(`no suite of the list of root's alone: ${line}`);
      return { suite, reason };
    });
}

/** Single tests and groups, which stand behind `const NAME = rootOnly("…")`. @throws where a mark cannot be read */
export function testsLeftOut(suite: string, source: string): Left[] {
  const reasons = [...source.matchAll(/\bconst (\w+) = rootOnly\(\s*"([^"]+)",?\s*\)/g)];
  const calls = source.match(/\brootOnly\(/g)?.length ?? 0;
  if (reasons.length !== calls)
    throw new Error(`${suite}: a rootOnly is not of the form const NAME = rootOnly("…")`);
  return reasons.flatMap(([, name, reason = ""]) => {
    const uses = [
      ...source.matchAll(
        new RegExp(`\\b${name}\\.(?:test|describe)(?:\\.skipIf\\(.*\\))?\\(\\s*(["\`])(.*?)\\1`, "g"),
      ),
    ];
    if (uses.length === 0) throw new Error(`${suite}: nothing is marked by ${name}`);
    return uses.map(([, , test = ""]) => ({ suite, test, reason }));
  });
}

export function table(left: readonly Left[]): string {
  const rows = left.map(({ suite, test = "all", reason }) => `| ${suite} | ${test} | ${reason} |\n`);
  return `| suite | tests | why |\n|---|---|---|\n${rows.join("")}`;
}

/** The document with the table of now. */
export function documentOf(document: string): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${FILE} has no place for the table`);
  return `${before}${BEGIN}${table(allLeftOut())}${END}${after}`;
}

function allLeftOut(): Left[] {
  const files = readdirSync(join(ROOT, SUITES)).filter((name) => name.endsWith(".test.ts"));
  const suites = files.map((name) => basename(name, ".test.ts")).toSorted();
  const whole = suitesLeftOut(readText("tools/setup/test-user.sh"), suites);
  return suites.flatMap((suite) => {
    const all = whole.find((one) => one.suite === suite);
    if (all !== undefined) return [all];
    return testsLeftOut(suite, readText(`${SUITES}/${suite}.test.ts`));
  });
}

if (import.meta.main) await Bun.write(join(ROOT, FILE), documentOf(readText(FILE)));
