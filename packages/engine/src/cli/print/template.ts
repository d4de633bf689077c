/** Go templates as `--format` takes them: Go's text/template language with Podman's functions. */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { evaluate } from "./template/evaluate.ts";
import { isTemplateFunction } from "./template/functions.ts";
import { parseTemplate } from "./template/parser.ts";

/**
 * Literal `\t` and `\n` are read as a tab and a line end, and a missing line end is added. Where the template
 * parses only without that (`{{printf "\n"}}`), it is taken as written. Throws CLI_FORMAT_INVALID, now for
 * what cannot be parsed, later for a field that the data has not.
 */
export function compileTemplate(text: string, name = "format"): (data: unknown) => string {
  const written = interpretEscapes(text);
  try {
    return compileExactly(written.endsWith("\n") ? written : `${written}\n`, name);
  } catch (error) {
    if (!isEngineError(error, "CLI_FORMAT_INVALID") || written === text) throw error;
    return compileExactly(text, name);
  }
}

/** As compileTemplate, without adding or interpreting anything. */
export function compileExactly(text: string, name: string): (data: unknown) => string {
  const source = { name, text };
  const nodes = parseTemplate(source, isTemplateFunction);
  return (data) => evaluate(source, nodes, data);
}

export function interpretEscapes(text: string): string {
  return text.replaceAll(String.raw`\t`, "\t").replaceAll(String.raw`\n`, "\n");
}

const HAS_RANGE = /{{\s*range\s*\.\s*}}.*{{\s*end\s*-?\s*}}/s;

/** A format for one row becomes one for the list, unless it ranges over the list itself. */
export function implyRange(text: string): string {
  return HAS_RANGE.test(text) ? text : `{{range .}}${text}{{end -}}`;
}

/** `json` and the broken templates `{{json}}` and `{{json.}}` ask for JSON; `{{json .}}` is one line for each row, as Docker's. */
export function asksForJson(format: string | undefined): boolean {
  return format !== undefined && /^\s*(json|{{\s*json\.?\s*}})\s*$/.test(format);
}
