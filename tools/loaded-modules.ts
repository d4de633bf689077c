/**
 * What a module brings with it when it is loaded: all that static imports lead to, types aside.
 * `bun tools/loaded-modules.ts FILE…` prints it, the largest first: a verb pays for each before it does anything.
 */
import { readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { ROOT } from "./source-files.ts";

export interface Loaded {
  /** Files of this repository and of its dependencies, relative to the root. */
  readonly files: readonly string[];
  /** Modules of the runtime: "node:fs", "bun:sqlite". */
  readonly builtin: readonly string[];
}

const SCANNER = new Bun.Transpiler({ loader: "ts" });

/** `entries` are paths from the root. */
export function loadedModules(entries: readonly string[]): Loaded {
  const files = new Set<string>();
  const builtin = new Set<string>();
  const waiting = entries.map((entry) => resolve(ROOT, entry));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    if (!/\.[cm]?[jt]s$/.test(path)) continue;
    for (const { path: wanted, kind } of SCANNER.scanImports(readFileSync(path, "utf8"))) {
      if (kind !== "import-statement") continue;
      if (/^(node|bun):/.test(wanted)) builtin.add(wanted);
      else waiting.push(Bun.resolveSync(wanted, resolve(path, "..")));
    }
  }
  return { files: [...files].map((path) => relative(ROOT, path)).sort(), builtin: [...builtin].sort() };
}

if (import.meta.main) {
  const { files, builtin } = loadedModules(process.argv.slice(2));
  const sized = files.map((file) => ({ file, size: statSync(resolve(ROOT, file)).size }));
  for (const { file, size } of sized.sort((a, b) => b.size - a.size)) console.log(`${size}\t${file}`);
  const total = sized.reduce((sum, { size }) => sum + size, 0);
  console.log(`${files.length} files, ${total} bytes, and ${builtin.join(" ")}`);
}
