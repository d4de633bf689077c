/** Checks the error catalogue against its use: each code is used, one class crosses folders, no status numbers. */
import { dirname } from "node:path";
import { CATALOGUE } from "../packages/spec/src/errors/catalogue.ts";
import { importsOf, isTest, readText, report, repositoryFiles, resolveImport } from "./source-files.ts";

const ERRORS = "packages/spec/src/errors/";
const CODE = /"([A-Z]+(?:_[A-Z]+)*)"/g;
const SUBCLASS = /export class (\w+) extends (?:\w*Error)\b/g;
const STATUS = /\b(?:status|statusCode)\s*:\s*[1-5]\d\d\b/g;

interface Source {
  readonly name: string;
  readonly text: string;
}

export async function checkErrors(): Promise<readonly string[]> {
  const names = repositoryFiles().filter(
    (name) =>
      name.startsWith("packages/") && name.endsWith(".ts") && !isTest(name) && !name.startsWith(ERRORS),
  );
  const sources = await Promise.all(names.map(async (name) => ({ name, text: await readText(name) })));
  return [
    ...unusedCodes(sources),
    ...sources.flatMap((source) => classProblems(source, sources)),
    ...statusNumbers(sources),
  ];
}

/** That a used code exists is for the compiler to say: they are a closed union. */
function unusedCodes(sources: readonly Source[]): readonly string[] {
  const used = new Set(sources.flatMap(({ text }) => [...text.matchAll(CODE)].map((match) => match[1])));
  return Object.keys(CATALOGUE)
    .filter((code) => !used.has(code))
    .map((code) => `${code}: in the catalogue, but never used`);
}

/** A folder may have an error class for its own use; only EngineError may leave it. */
function classProblems({ name, text }: Source, sources: readonly Source[]): readonly string[] {
  const folder = dirname(name);
  return [...text.matchAll(SUBCLASS)].flatMap(([, subclass = ""]) =>
    sources
      .filter(
        (other) => !other.name.startsWith(`${folder}/`) && new RegExp(`\\b${subclass}\\b`).test(other.text),
      )
      .filter((other) =>
        importsOf(other.text).some(({ specifier }) => resolveImport(other.name, specifier) === name),
      )
      .map(
        (other) =>
          `${other.name}: uses ${subclass} of ${folder}: EngineError is the only one to cross folders`,
      ),
  );
}

function statusNumbers(sources: readonly Source[]): readonly string[] {
  return sources.flatMap(({ name, text }) =>
    [...text.matchAll(STATUS)].map(
      ([found]) => `${name}: "${found}": status numbers stand in the catalogue only`,
    ),
  );
}

if (import.meta.main) report(await checkErrors());
