/** Reading configuration files that may be missing, with errors that name file and place. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readdirSync, readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";

export type Table = Record<string, unknown>;
export type Environment = Readonly<Record<string, string | undefined>>;

export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Files of a drop-in directory in the order of their names. */
export function dropIns(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith(".conf"));
    return names.sort().map((name) => `${directory}/${name}`);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Names in a directory that may be missing. */
export function namesOf(directory: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(directory));
  } catch (error) {
    if (isMissing(error)) return new Set();
    throw error;
  }
}

/** @throws CONFIG_INVALID with line and column. */
export function parseToml(path: string, text: string): Table {
  try {
    return parse(withoutComments(text));
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const reason = cause.message.split("\n")[0] ?? "not TOML";
    throw new EngineError("CONFIG_INVALID", `${path}:${cause.line}:${cause.column}: ${reason}`, { cause });
  }
}

/**
 * The files that distributions ship are comments, all but a few lines: the parser takes longer to walk through them than
 * a command to start. Lines keep their numbers. In a string of several lines a comment is text.
 */
export function withoutComments(text: string): string {
  if (/"""|'''/.test(text)) return text;
  // One call of native code: a loop over the lines would cost what it saves.
  return text.replace(/(^|\n)[ \t]*#[^\n]*/g, "$1");
}

/** @throws CONFIG_INVALID */
export function parseJson(path: string, text: string): Table {
  try {
    return asTable(JSON.parse(text));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new EngineError("CONFIG_INVALID", `${path}: ${cause.message}`, { cause });
  }
}

/** The value where it is a table, an empty one otherwise. */
export function asTable(value: unknown): Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

/** ~/.config, by XDG's rules; undefined for a user without a home. */
export function userConfigHome(env: Environment): string | undefined {
  const home = env["HOME"];
  return env["XDG_CONFIG_HOME"] ?? (home === undefined || home === "" ? undefined : `${home}/.config`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
