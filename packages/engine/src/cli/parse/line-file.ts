/** Files that flags name: of one setting a line (--env-file, --label-file, --pod-id-file), or taken whole. */
import { readFileSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";

/** Lines without leading blanks; empty ones and comments are left out. @throws VALUE_INVALID when unreadable. */
export function readLines(path: string): string[] {
  return readText(path)
    .split(/\r?\n/)
    .map((line) => line.replace(/^[ \t]+/, ""))
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The first line, for files that hold one id. @throws VALUE_INVALID when unreadable. */
export function readFirstLine(path: string): string {
  return readText(path).split("\n")[0] ?? "";
}

function readText(path: string): string {
  return readBytes(path).toString("utf8");
}

/** @throws VALUE_INVALID when unreadable. */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new EngineError("VALUE_INVALID", `open ${path}: ${reason(cause)}`, { cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return REASONS[code] ?? error.message;
}
