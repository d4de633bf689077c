/** Finds the repository's files and reads the import statements of a TypeScript file. */
import { dirname, join, normalize } from "node:path";

export const ROOT = normalize(join(import.meta.dir, ".."));

/** Tracked files and new ones that git does not ignore, relative to the root, sorted. */
export function repositoryFiles(): readonly string[] {
  const list = Bun.spawnSync(["git", "ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT });
  if (list.exitCode !== 0) throw new Error(`git ls-files: ${list.stderr.toString()}`);
  const names = list.stdout.toString().split("\0");
  return [...new Set(names)].filter((name) => name !== "" && !isGone(name)).sort();
}

/** Git still lists a file that was deleted and not yet staged. */
function isGone(name: string): boolean {
  return Bun.file(join(ROOT, name)).size === 0 && !Bun.spawnSync(["test", "-e", join(ROOT, name)]).success;
}

export function readText(name: string): Promise<string> {
  return Bun.file(join(ROOT, name)).text();
}

export function isTest(name: string): boolean {
  return name.endsWith(".test.ts") || name.startsWith("tests/") || name.includes("/testing/");
}

export interface ImportEdge {
  /** As written: "../ports/store.ts", "node:fs". */
  readonly specifier: string;
  readonly kind: "value" | "type" | "lazy";
}

const STATIC = /^(?:import|export)\s+(type\s+)?(?:([\w*{}\s,$]+?)\s*from\s*)?"([^"]+)"/gm;
const CALL = /(typeof\s+)?\bimport\(\s*"([^"]+)"\s*\)/g;

/** Imports and re-exports of a module, with what they cost when it is loaded. */
export function importsOf(source: string): readonly ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const [, type, names, specifier] of source.matchAll(STATIC)) {
    if (specifier !== undefined) edges.push({ specifier, kind: type || onlyTypes(names) ? "type" : "value" });
  }
  for (const [, type, specifier] of source.matchAll(CALL))
    if (specifier !== undefined) edges.push({ specifier, kind: type ? "type" : "lazy" });
  return edges;
}

/** `import { type A, type B }`: the runtime still loads the module, so this counts only when no name is left. */
function onlyTypes(names: string | undefined): boolean {
  const inner = names === undefined ? undefined : /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  if (inner === undefined) return false;
  const parts = inner
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return parts.length > 0 && parts.every((part) => part.startsWith("type "));
}

/** Path of the imported file relative to the root; undefined for packages and built-in modules. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  const own = /^@podwright\/([a-z-]+)\/(.+)$/.exec(specifier);
  if (own?.[1] === undefined || own[2] === undefined) return undefined;
  return `packages/${own[1]}/src/${own[2].replace(/\.ts$/, "")}.ts`;
}

/** Prints each problem and ends with status 1 when there is one. */
export function report(problems: readonly string[]): void {
  for (const problem of problems) console.log(problem);
  if (problems.length > 0) process.exitCode = 1;
}
