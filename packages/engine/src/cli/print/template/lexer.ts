/** Splits a Go template into text and the tokens of its actions. */
import { parseFailure, type TemplateSource } from "./failure.ts";

export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "field"
  | "variable"
  | "word"
  | "literal"
  | "symbol"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As written; for "field" without the dot, for "literal" as written. */
  readonly text: string;
  readonly value?: string | number;
  readonly offset: number;
  readonly endOffset: number;
  /** Blank before it: `.A.B` is one operand, `.A .B` are two. */
  readonly spaced: boolean;
}

export function tokenize(source: TemplateSource): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  let offset = 0;
  let trimNext = false;
  while (offset < text.length) {
    const open = text.indexOf("{{", offset);
    const end = open < 0 ? text.length : open;
    let chunk = text.slice(offset, end);
    if (trimNext) chunk = chunk.trimStart();
    const trims = open >= 0 && /^-\s/.test(text.slice(open + 2, open + 4));
    if (trims) chunk = chunk.trimEnd();
    if (chunk !== "") tokens.push(token("text", chunk, offset, end));
    if (open < 0) break;
    const action = lexAction(source, open, open + (trims ? 3 : 2));
    tokens.push(...action.tokens);
    trimNext = action.trims;
    offset = action.next;
  }
  tokens.push(token("end", "", text.length, text.length));
  return tokens;
}

interface Action {
  readonly tokens: readonly Token[];
  readonly next: number;
  /** Closed by ` -}}`: the blanks that follow go away. */
  readonly trims: boolean;
}

function lexAction(source: TemplateSource, open: number, start: number): Action {
  const comment = lexComment(source, start);
  if (comment) return comment;
  const tokens: Token[] = [token("open", "{{", open, start)];
  let offset = start;
  for (;;) {
    const blank = /^\s*/.exec(source.text.slice(offset))?.[0].length ?? 0;
    offset += blank;
    const rest = source.text.slice(offset);
    if (rest === "") throw parseFailure(source, offset, "unclosed action");
    const close = (blank > 0 && rest.startsWith("-}}") && 3) || (rest.startsWith("}}") && 2);
    if (close) {
      tokens.push(token("close", "}}", offset, offset + close));
      return { tokens, next: offset + close, trims: close === 3 };
    }
    const next = lexToken(source, offset, blank > 0);
    tokens.push(next);
    offset = next.endOffset;
  }
}

function lexComment(source: TemplateSource, start: number): Action | undefined {
  const begin = /^\s*\/\*/.exec(source.text.slice(start, start + 40));
  if (!begin) return undefined;
  const end = source.text.indexOf("*/", start + begin[0].length);
  if (end < 0) throw parseFailure(source, start, "unclosed comment");
  const close = /^(\s+-}}|}})/.exec(source.text.slice(end + 2));
  if (!close) throw parseFailure(source, start, "comment ends before closing delimiter");
  return { tokens: [], next: end + 2 + close[0].length, trims: close[0] !== "}}" };
}

const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ["field", /^\.[\p{L}_][\p{L}\p{N}_]*/u],
  ["variable", /^\$[\p{L}\p{N}_]*/u],
  ["literal", /^"(?:[^"\\\n]|\\.)*"/],
  ["literal", /^`[^`]*`/],
  ["literal", /^'(?:[^'\\\n]|\\[^\n]+?)'/u],
  [
    "literal",
    /^[+-]?(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/,
  ],
  ["word", /^[\p{L}_][\p{L}\p{N}_]*/u],
  ["symbol", /^(?::=|[=|(),.])/],
];

function lexToken(source: TemplateSource, offset: number, spaced: boolean): Token {
  const rest = source.text.slice(offset);
  for (const [kind, pattern] of PATTERNS) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) continue;
    const end = offset + found.length;
    if (kind === "field") return { ...token("field", found.slice(1), offset, end), spaced };
    if (kind !== "literal") return { ...token(kind, found, offset, end), spaced };
    return { ...token(kind, found, offset, end), spaced, value: literalValue(source, offset, found) };
  }
  const first = rest[0] ?? "";
  if (first === '"') throw parseFailure(source, offset, "unterminated quoted string");
  if (first === "`") throw parseFailure(source, offset, "unterminated raw quoted string");
  if (first === "'") throw parseFailure(source, offset, "unterminated character constant");
  throw parseFailure(source, offset, `unexpected ${JSON.stringify(first)} in action`);
}

function literalValue(source: TemplateSource, offset: number, text: string): string | number {
  if (text.startsWith("`")) return text.slice(1, -1);
  if (text.startsWith('"')) return unquote(source, offset, text.slice(1, -1));
  if (text.startsWith("'")) return unquote(source, offset, text.slice(1, -1)).codePointAt(0) ?? 0;
  const digits = text.replaceAll("_", "");
  const negative = digits.startsWith("-");
  const value = Number(digits.replace(/^[+-]/, ""));
  if (Number.isNaN(value)) throw parseFailure(source, offset, `bad number syntax: ${JSON.stringify(text)}`);
  return negative ? -value : value;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

function unquote(source: TemplateSource, offset: number, body: string): string {
  return body.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/g,
    (whole, ...groups: (string | undefined)[]) => {
      const [hex2, hex4, hex8, octal, letter] = groups;
      const hex = hex2 ?? hex4 ?? hex8;
      const known = letter === undefined ? undefined : ESCAPES[letter];
      if (known !== undefined) return known;
      const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
      if (Number.isNaN(code) || code > 0x10ffff) {
        throw parseFailure(source, offset, `invalid syntax: unknown escape ${whole}`);
      }
      return String.fromCodePoint(code);
    },
  );
}

function token(kind: TokenKind, text: string, offset: number, endOffset: number): Token {
  return { kind, text, offset, endOffset, spaced: false };
}
