/** Paths that a pattern matches, by the rules of Go's filepath.Glob: `*`, `?`, `[a-z]`, each within one name. */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** In order; a directory that cannot be read has nothing that matches. */
export function expandGlob(pattern: string): string[] {
  let found = [pattern.startsWith("/") ? "/" : "."];
  for (const part of pattern.split("/").filter((name) => name !== "")) {
    found = found.flatMap((directory) => matchesIn(directory, part));
  }
  return found.sort();
}

function matchesIn(directory: string, part: string): string[] {
  if (!/[*?[\\]/.test(part)) {
    const path = join(directory, part);
    return lstatSync(path, { throwIfNoEntry: false }) === undefined ? [] : [path];
  }
  const matcher = toRegExp(part);
  return namesIn(directory)
    .filter((name) => matcher.test(name))
    .map((name) => join(directory, name));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return [];
    throw error;
  }
}

const TOKEN = /\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|[\s\S]/gu;

function toRegExp(part: string): RegExp {
  const source = part.replace(TOKEN, (token, escaped?: string, not?: string, set?: string) => {
    if (escaped !== undefined) return quote(escaped);
    if (set !== undefined) return `[${not}${set.replace(/[[&~|]/g, String.raw`\$&`)}]`;
    if (token === "*") return ".*";
    return token === "?" ? "." : quote(token);
  });
  return new RegExp(`^${source}$`, "su");
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
