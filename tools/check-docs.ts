/** Checks that every path which the documents name exists, and that generated documents are up to date. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkErrorsPage } from "./gen-errors.ts";
import { ROOT, readText, report, repositoryFiles } from "./source-files.ts";

const ENGINE = "packages/engine/src";
const CODE_SPAN = /`([^`\n]+)`/g;
const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g;
/** A code span is a path of ours when it has a slash and ends like a file or a folder. */
const PATH = /^\.?[\w.@-]*\/?(?:[\w.@{},-]+\/)*[\w.@{},-]+(?:\.(?:ts|sql|md|sh|json|list)|\/)$/;

/** `cli/NOUN/VERB.ts` names no file but a pattern of names. */
const PLACEHOLDER = /(^|\/)[A-Z]{3,}(\/|\.ts$)/;

export async function checkDocs(): Promise<readonly string[]> {
  const documents = repositoryFiles().filter((name) => name.endsWith(".md"));
  const problems = await Promise.all(documents.map(documentProblems));
  return [...problems.flat(), ...(await checkErrorsPage())];
}

async function documentProblems(name: string): Promise<readonly string[]> {
  const text = (await readText(name)).replace(/^```[\s\S]*?^```/gm, "");
  const spans = [...text.matchAll(CODE_SPAN)]
    .map((match) => match[1] ?? "")
    .filter((span) => PATH.test(span));
  const links = [...text.matchAll(LINK)].map((match) => match[1] ?? "").filter((link) => !link.includes(":"));
  const missing = [
    ...spans.filter((span) => span.includes("/")).filter((span) => !isThere(name, span)),
    ...links.filter((link) => !existsSync(join(ROOT, dirname(name), link))),
  ];
  return [...new Set(missing)].map((path) => `${name}: names ${path}, which is not there`);
}

/** Documents may name a path from the root, from the engine's sources, or from their own folder; `{a,b}` is two paths. */
function isThere(document: string, path: string): boolean {
  if (path.startsWith("/") || PLACEHOLDER.test(path)) return true;
  const braces = /^(.*)\{([^}]+)\}(.*)$/.exec(path);
  if (braces !== null)
    return (braces[2] ?? "").split(",").every((part) => isThere(document, `${braces[1]}${part}${braces[3]}`));
  return [".", ENGINE, dirname(document)].some((base) => existsSync(join(ROOT, base, path)));
}

if (import.meta.main) report(await checkDocs());
