/** Prints what `diff` found: a letter and a path a line, or JSON by kind. */
import type { FileChange } from "@podwright/spec/engine-api/files";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Io } from "../frame/command.ts";
import { toGoJson } from "./json.ts";
import { asksForJson } from "./template.ts";

const LETTERS: Readonly<Record<FileChange["kind"], string>> = { added: "A", changed: "C", deleted: "D" };

/** @throws CLI_USAGE for another format than JSON */
export function checkChangesFormat(format: string | undefined): void {
  if (format === undefined || format === "" || asksForJson(format)) return;
  throw new EngineError("CLI_USAGE", "only supported value for '--format' is 'json'");
}

export function printChanges(io: Io, changes: readonly FileChange[], format: string | undefined): void {
  if (!asksForJson(format)) {
    io.out(changes.map(({ kind, path }) => `${LETTERS[kind]} ${path}\n`).join(""));
    return;
  }
  const paths = (wanted: FileChange["kind"]): string[] | undefined => {
    const found = changes.filter(({ kind }) => kind === wanted).map(({ path }) => path);
    return found.length === 0 ? undefined : found;
  };
  const byKind = { changed: paths("changed"), added: paths("added"), deleted: paths("deleted") };
  io.out(`${toGoJson(byKind, 5)}\n`);
}
