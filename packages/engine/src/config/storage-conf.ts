/** storage.conf(5): the program that mounts overlays instead of the kernel, the one key of it that counts here. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync } from "node:fs";
import { asTable, parseToml, readIfPresent } from "./read-files.ts";

/** "" where the file names none. @throws CONFIG_INVALID */
export function mountProgramIn(path: string): string {
  const text = readIfPresent(path);
  // Distributions ship it as a comment.
  if (text === undefined || !/^[^#\n]*mount_program/m.test(text)) return "";
  const options = asTable(asTable(parseToml(path, text)["storage"])["options"]);
  const program = asTable(options["overlay"])["mount_program"] ?? options["mount_program"] ?? "";
  if (typeof program !== "string") {
    throw new EngineError(
      "CONFIG_INVALID",
      `${path}: storage.options.overlay.mount_program: expected a string`,
    );
  }
  if (program === "" || existsSync(program)) return program;
  throw new EngineError(
    "CONFIG_INVALID",
    `overlay: can't stat program "${program}": stat ${program}: no such file or directory`,
    { hint: `mount_program is set in ${path}` },
  );
}
