/** Shows what is to be told about places in manifests: the place, the line, a caret below it, what to do. */
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { Io } from "../frame/command.ts";

const NUMBER_WIDTH = 5;
/** A line of a manifest may be a whole JSON document. */
const LONGEST_EXCERPT = 120;

const RED = "31";
const YELLOW = "33";
const BOLD = "1";

export function printDiagnostics(io: Io, diagnostics: readonly Diagnostic[]): void {
  // Colours are for who looks at standard error, wherever the output goes.
  const colour = io.colour && io.stderrIsTty;
  if (diagnostics.length > 0) io.err(diagnostics.map((one) => describe(one, colour)).join(""));
}

/** Those that a failure brings with it. */
export function printFailureDiagnostics(io: Io, error: unknown): void {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (isEngineError(first, "KUBE_INVALID")) printDiagnostics(io, listOf(first.details["diagnostics"]));
  // What failed while it was applied is in the message, with its place.
  if (isEngineError(first, "KUBE_PLAY_FAILED")) printDiagnostics(io, listOf(first.details["warnings"]));
}

function listOf(value: unknown): readonly Diagnostic[] {
  return Array.isArray(value) ? (value as readonly Diagnostic[]) : [];
}

export function describe(diagnostic: Diagnostic, colour: boolean): string {
  const { source, line, column, severity, message, path, hint } = diagnostic;
  const paint = (style: string, text: string): string => (colour ? `\u001b[${style}m${text}\u001b[0m` : text);
  const label = paint(severity === "error" ? RED : YELLOW, `${severity}:`);
  const where = path === "" ? "" : ` in ${path}`;
  const head = `${paint(BOLD, `${source}:${line}:${column}:`)} ${label} ${message}${where}\n`;
  return head + excerpt(diagnostic) + (hint === undefined ? "" : `  hint: ${hint}\n`);
}

function excerpt({ excerpt: text, line, column }: Diagnostic): string {
  if (text === "") return "";
  // What stands far to the right is shown without the beginning of its line.
  const start = column > LONGEST_EXCERPT ? column - LONGEST_EXCERPT / 2 : 0;
  const shown = text.slice(start, start + LONGEST_EXCERPT);
  const before = text.slice(start, column - 1).replace(/[^\t]/g, " ");
  const gutter = " ".repeat(NUMBER_WIDTH);
  return `${String(line).padStart(NUMBER_WIDTH)} | ${shown}\n${gutter} | ${before}^\n`;
}
