/** Reads the values of flags with Go's rules and Go's words for what is wrong with them. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flag } from "./command.ts";

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

export function parseBool(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw invalidSyntax("ParseBool", text);
}

const INTEGER = /^[+-]?(?:0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/;

/** Base by prefix, as strconv.ParseInt with base 0: a leading 0 is octal. */
export function parseInteger(text: string): number {
  const digits = text.replace(/(?<=[\da-fA-F])_(?=[\da-fA-F])/g, "");
  if (!INTEGER.test(digits)) throw invalidSyntax("ParseInt", text);
  const negative = digits.startsWith("-");
  const unsigned = digits.replace(/^[+-]/, "").replace(/^0(?=[0-7])/, "0o");
  const value = BigInt(unsigned) * (negative ? -1n : 1n);
  if (BigInt.asIntN(64, value) !== value) {
    throw notAValue(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(value);
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export function parseFloatingPoint(text: string): number {
  if (!FLOAT.test(text)) throw invalidSyntax("ParseFloat", text);
  return Number(text);
}

/** One line of comma-separated values; a value in double quotes may hold commas, and `""` for a quote. */
export function parseCsv(text: string): readonly string[] {
  if (text === "") return [];
  const values: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const [value, next] = text[at] === '"' ? quotedValue(text, at) : bareValue(text, at);
    values.push(value);
    at = next + 1;
  }
  return values;
}

function bareValue(text: string, start: number): [value: string, end: number] {
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  const value = text.slice(start, end);
  const quote = value.indexOf('"');
  if (quote >= 0) throw csvError(start + quote, 'bare " in non-quoted-field');
  return [value, end];
}

function quotedValue(text: string, start: number): [value: string, end: number] {
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') {
      value += text[at];
      continue;
    }
    if (text[at + 1] !== '"') {
      if (at + 1 < text.length && text[at + 1] !== ",")
        throw csvError(at, 'extraneous or missing " in quoted-field');
      return [value, at + 1];
    }
    value += '"';
    at++;
  }
  throw csvError(text.length, 'extraneous or missing " in quoted-field');
}

function csvError(offset: number, reason: string): EngineError {
  return notAValue(`parse error on line 1, column ${offset + 1}: ${reason}`);
}

function invalidSyntax(parser: string, text: string): EngineError {
  return notAValue(`strconv.${parser}: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Why a text is not a value of its type; the parser says of which flag. */
function notAValue(reason: string): EngineError {
  return new EngineError("CLI_USAGE", reason);
}

/** The value of a flag after one more use of it. Throws CLI_USAGE. */
export function addValue(flag: Flag, before: unknown, text: string): unknown {
  switch (flag.type) {
    case "bool":
    case "maybe-bool":
      return parseBool(text);
    case "string":
      return text;
    case "int":
      return parseInteger(text);
    case "float":
      return parseFloatingPoint(text);
    case "list":
      return [...earlier(before), text];
    case "csv":
      return [...earlier(before), ...parseCsv(text)];
  }
}

function earlier(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What a flag holds when it is not given. */
export function absentValue(flag: Flag): unknown {
  switch (flag.type) {
    case "bool":
      return flag.default ?? false;
    case "maybe-bool":
      return undefined;
    case "string":
    case "int":
    case "float":
      return flag.default;
    case "list":
    case "csv":
      return [];
  }
}

/** `--flag` alone means true. */
export function isSwitch(flag: Flag): boolean {
  return flag.type === "bool" || flag.type === "maybe-bool";
}
