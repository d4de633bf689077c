/** Checks sizes and names: files, interfaces, suppressions, and names that say nothing. */
import { isTest, readText, report, repositoryFiles } from "./source-files.ts";

const FILE_WALL = 500;
const INTERFACE_WALL = 25;
const LINES_PER_SUPPRESSION = 500;
/** Written by a tool, so never split by hand. Listed, not guessed. */
const GENERATED: readonly string[] = [
  "packages/engine/src/cli/verbs.generated.ts",
  "packages/spec/src/kube/schema.generated.ts",
  "packages/spec/src/kube/types.generated.ts",
];
const EMPTY_NAMES = /(^|\/)(utils?|helpers?|common|misc)(\.test)?\.ts$/;
/** Names that a domain gives a file are fine where they are the standard's word. */
const ALLOWED_NAMES: readonly string[] = ["packages/spec/src/engine-api/common.ts"];
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.(kernel|test|generated|d))*\.ts$/;
const NUMBERED_TEST = /^\d{3}-[a-z0-9-]+\.test\.ts$/;
const SUPPRESSION = /\/\/\s*(oxlint-disable|eslint-disable|@ts-expect-error|@ts-ignore|biome-ignore)(.*)$/gm;

interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly lines: number;
}

export async function checkSizes(): Promise<{ problems: readonly string[]; summary: string }> {
  const names = repositoryFiles().filter((name) => name.endsWith(".ts") && !GENERATED.includes(name));
  const files = await Promise.all(
    names.map(async (name): Promise<SourceFile> => {
      const text = await readText(name);
      return { name, text, lines: text.split("\n").length - 1 };
    }),
  );
  const problems = files.flatMap((file) => [
    ...fileProblems(file),
    ...interfaceProblems(file),
    ...suppressionProblems(file),
  ]);
  return { problems: [...problems, ...suppressionDensity(files)], summary: summarise(files) };
}

function fileProblems({ name, text, lines }: SourceFile): readonly string[] {
  const problems: string[] = [];
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (lines > FILE_WALL) problems.push(`${name}: ${lines} lines, the wall is ${FILE_WALL}`);
  if (EMPTY_NAMES.test(name) && !ALLOWED_NAMES.includes(name))
    problems.push(`${name}: the name says nothing; name the file for its job`);
  if (!KEBAB.test(base) && !NUMBERED_TEST.test(base)) problems.push(`${name}: file names are kebab-case`);
  const opening = text.replace(/^#!.*\n/, "");
  if (!isTest(name) && !opening.startsWith("/*") && !opensAfterImports(opening))
    problems.push(`${name}: opens without a sentence on its job`);
  const todo = /\b(TODO|FIXME|XXX)\b/.exec(name === "tools/check-sizes.ts" ? "" : text);
  if (todo !== null) problems.push(`${name}: ${todo[0]} left in the code`);
  return problems;
}

/** The formatter keeps a file's comment where it was written: before or right after the imports. */
function opensAfterImports(text: string): boolean {
  return /^(?:import[^;]*;\s*)+\/\*\*/.test(text);
}

function interfaceProblems({ name, text }: SourceFile): readonly string[] {
  const problems: string[] = [];
  for (const match of text.matchAll(/^export interface (\w+)[^{]*\{([\s\S]*?)^\}/gm)) {
    const methods = match[2]?.match(/^ {2}\w+(?:<[^>]*>)?\(/gm)?.length ?? 0;
    if (methods > INTERFACE_WALL)
      problems.push(`${name}: interface ${match[1]} has ${methods} methods, the wall is ${INTERFACE_WALL}`);
  }
  return problems;
}

function suppressionProblems({ name, text }: SourceFile): readonly string[] {
  return [...text.matchAll(SUPPRESSION)]
    .filter((match) => !/(--|:)\s*\S+/.test(match[2] ?? ""))
    .map((match) => `${name}: ${match[1]} without a reason`);
}

function suppressionDensity(files: readonly SourceFile[]): readonly string[] {
  const count = files.reduce((sum, { text }) => sum + [...text.matchAll(SUPPRESSION)].length, 0);
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  if (count <= Math.ceil(lines / LINES_PER_SUPPRESSION)) return [];
  return [`${count} suppressions in ${lines} lines; at most one in ${LINES_PER_SUPPRESSION}`];
}

function summarise(files: readonly SourceFile[]): string {
  const sizes = files
    .filter(({ name }) => !isTest(name))
    .map(({ lines }) => lines)
    .sort((a, b) => a - b);
  const at = (part: number): number =>
    sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * part))] ?? 0;
  return `${sizes.length} source files, median ${at(0.5)} lines, p90 ${at(0.9)}, largest ${at(1)}`;
}

if (import.meta.main) {
  const { problems, summary } = await checkSizes();
  console.log(summary);
  report(problems);
}
