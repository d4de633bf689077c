/** Checks the error catalogue against its use: codes exist and are used, one error class, no status numbers. */
import { CATALOGUE } from "../packages/spec/src/errors/catalogue.ts";
import { isTest, readText, report, repositoryFiles } from "./source-files.ts";

const ERRORS = "packages/spec/src/errors/";
const PREFIXES = [...new Set(Object.keys(CATALOGUE).map((code) => code.split("_")[0]))].join("|");
const CODE = new RegExp(`"((?:${PREFIXES})_[A-Z][A-Z_]+|CANCELED)"`, "g");
const SUBCLASS = /class (\w+) extends (?:\w*Error)\b/g;
const STATUS = /\b(?:status|statusCode)\s*:\s*[1-5]\d\d\b/g;

export async function checkErrors(): Promise<readonly string[]> {
  const names = repositoryFiles().filter(
    (name) => name.startsWith("packages/") && name.endsWith(".ts") && !isTest(name),
  );
  const used = new Set<string>();
  const problems: string[] = [];
  for (const name of names.filter((path) => !path.startsWith(ERRORS))) {
    const text = await readText(name);
    for (const [, code] of text.matchAll(CODE)) if (code !== undefined) used.add(code);
    for (const [, subclass] of text.matchAll(SUBCLASS))
      problems.push(`${name}: class ${subclass}: EngineError is the only error class`);
    for (const [status] of text.matchAll(STATUS))
      problems.push(`${name}: "${status}": status numbers stand in the catalogue only`);
  }
  const known = new Set(Object.keys(CATALOGUE));
  for (const code of used) if (!known.has(code)) problems.push(`${code}: used, but not in the catalogue`);
  for (const code of known) if (!used.has(code)) problems.push(`${code}: in the catalogue, but never used`);
  return problems;
}

if (import.meta.main) report(await checkErrors());
