/** Writes docs/errors.md from the error catalogue; with --check says whether it is up to date. */
import { CATALOGUE } from "../packages/spec/src/errors/catalogue.ts";
import { type ErrorRow, KINDS } from "../packages/spec/src/errors/kinds.ts";
import { join } from "node:path";
import { ROOT, readText, report } from "./source-files.ts";

const FILE = "docs/errors.md";
const OPENING = `# Error codes

Generated from \`packages/spec/src/errors/catalogue.ts\` by \`bun run gen\`; do not edit.

A code is never renumbered or reused. *Exit* is the status of a command that fails with the code, *HTTP* the
status that the API answers with.

`;

export function errorsPage(): string {
  const rows = Object.entries<ErrorRow>(CATALOGUE)
    .map(([code, row]) => `| \`${code}\` | ${row.kind} | ${row.exit ?? 125} | ${KINDS[row.kind]} |`)
    .join("\n");
  return `${OPENING}| Code | Kind | Exit | HTTP |\n|---|---|---|---|\n${rows}\n`;
}

export async function checkErrorsPage(): Promise<readonly string[]> {
  const current = await readText(FILE).catch(() => "");
  return current === errorsPage() ? [] : [`${FILE}: out of date, run: bun run gen`];
}

if (import.meta.main) {
  if (process.argv.includes("--check")) report(await checkErrorsPage());
  else await Bun.write(join(ROOT, FILE), errorsPage());
}
