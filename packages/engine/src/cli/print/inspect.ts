/** Prints what `inspect` found: an array of objects as JSON, or a Go template for each. */
import type { Io } from "../frame/command.ts";
import { toGoJson } from "./json.ts";
import { asksForJson, compileTemplate, implyRange } from "./template.ts";

const INDENT = 5;

/**
 * In a template a field is found by its exact key, else by the same letters in other case: `.ID` finds "Id". A key
 * that is there with the value undefined is left out of the JSON and is empty in a template.
 */
export function printInspect(io: Io, objects: readonly unknown[], format?: string): void {
  if (format === undefined || format === "" || asksForJson(format)) {
    io.out(`${toGoJson(objects, INDENT)}\n`);
    return;
  }
  io.out(compileTemplate(implyRange(withLineEnd(format)), "inspect")(objects));
}

/** The line end belongs inside the range: one line for each object. */
function withLineEnd(format: string): string {
  return /(\n|\\n)$/.test(format) ? format : `${format}\n`;
}
