/** Template failures, worded as Go's text/template words them. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Position } from "./ast.ts";

/** What messages need to know of the template: its name and its whole text. */
export interface TemplateSource {
  readonly name: string;
  readonly text: string;
}

export function parseFailure(source: TemplateSource, offset: number, message: string): EngineError {
  return new EngineError(
    "CLI_FORMAT_INVALID",
    `template: ${source.name}:${lineOf(source, offset)}: ${message}`,
  );
}

export function executionFailure(source: TemplateSource, at: Position, message: string): EngineError {
  const lineStart = source.text.lastIndexOf("\n", at.offset - 1) + 1;
  const place = `${source.name}:${lineOf(source, at.offset)}:${at.offset - lineStart}`;
  return new EngineError(
    "CLI_FORMAT_INVALID",
    `template: ${place}: executing "${source.name}" at <${at.source}>: ${message}`,
  );
}

/** The end of the text counts as the end of what is written on its last line. */
function lineOf(source: TemplateSource, offset: number): number {
  const before = source.text.slice(0, offset);
  return (offset >= source.text.length ? before.trimEnd() : before).split("\n").length;
}
