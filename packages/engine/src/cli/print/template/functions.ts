/** The functions that a template may call: Go's own and those that Podman adds. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { GoDuration } from "../go-duration.ts";
import { toGoJson } from "../json.ts";
import { show, sprintf } from "./show.ts";
import { asGoValue, isFieldSource, isTrue, typeName } from "./values.ts";

type TemplateFunction = (...args: readonly unknown[]) => unknown;

/** Why a function refuses its arguments; the evaluator adds the place. */
function refusal(reason: string): EngineError {
  return new EngineError("CLI_FORMAT_INVALID", reason);
}

/** `and` and `or` are here for their names; the evaluator runs them, since they stop at the first decision. */
const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  and: (...args) => args.find((a) => !isTrue(a)) ?? args.at(-1),
  or: (...args) => args.find((a) => isTrue(a)) ?? args.at(-1),
  not: (value) => !isTrue(value),
  len: (value) => length(value),
  index: (container, ...keys) => keys.reduce<unknown>((at, key) => indexOne(at, key), container),
  slice: (value, from, to) => slice(value, from, to),
  print: (...args) => sprint(args),
  printf: (format, ...args) => sprintf(text("printf", format), args),
  println: (...args) => `${args.map(show).join(" ")}\n`,
  eq: (first, ...others) => equalsAny(first, others),
  ne: (a, b) => !equalsAny(a, [b]),
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  join: (list, separator) => strings("join", list).join(text("join", separator)),
  json: (value) => toGoJson(isFieldSource(value) ? value.toData() : value),
  lower: (value) => text("lower", value).toLowerCase(),
  upper: (value) => text("upper", value).toUpperCase(),
  title: (value) => text("title", value).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (s) => s.toUpperCase()),
  split: (value, separator) => text("split", value).split(text("split", separator)),
  pad: (value, before, after) => padded(text("pad", value), whole(before), whole(after)),
  truncate: (value, size) => text("truncate", value).slice(0, whole(size)),
};

/** How many arguments each takes: least and most. */
const ARITY: Readonly<Record<string, readonly [number, number]>> = {
  not: [1, 1],
  len: [1, 1],
  slice: [1, 3],
  ne: [2, 2],
  lt: [2, 2],
  le: [2, 2],
  gt: [2, 2],
  ge: [2, 2],
  eq: [1, Number.POSITIVE_INFINITY],
  join: [2, 2],
  json: [1, 1],
  lower: [1, 1],
  upper: [1, 1],
  title: [1, 1],
  split: [2, 2],
  pad: [3, 3],
  truncate: [2, 2],
};

export function isTemplateFunction(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name);
}

/** Throws CLI_FORMAT_INVALID, without the place. */
export function callFunction(name: string, args: readonly unknown[]): unknown {
  const [least, most] = ARITY[name] ?? [
    name === "print" || name === "println" ? 0 : 1,
    Number.POSITIVE_INFINITY,
  ];
  if (args.length < least || args.length > most) {
    const wanted = most === Number.POSITIVE_INFINITY ? `at least ${least}` : String(most);
    throw refusal(`wrong number of args for ${name}: want ${wanted} got ${args.length}`);
  }
  const run = FUNCTIONS[name];
  if (!run) throw refusal(`${JSON.stringify(name)} is not a defined function`);
  return run(...args);
}

function text(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw refusal(`wrong type for value in call of ${name}; expected string; got ${typeName(value)}`);
}

function strings(name: string, value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((element) => text(name, element));
  throw refusal(`wrong type for value in call of ${name}; expected []string; got ${typeName(value)}`);
}

function whole(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw refusal(`expected integer; found ${show(value)}`);
}

function padded(value: string, before: number, after: number): string {
  return value === "" ? value : " ".repeat(Math.max(0, before)) + value + " ".repeat(Math.max(0, after));
}

function length(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  throw refusal(
    value === null || value === undefined
      ? "error calling len: len of nil pointer"
      : `error calling len: len of type ${typeName(value)}`,
  );
}

function indexOne(container: unknown, key: unknown): unknown {
  if (container instanceof Map) {
    if (container.has(key)) return asGoValue("", container.get(key));
    return zeroLike([...container.values()][0]);
  }
  if (Array.isArray(container) || typeof container === "string") {
    const at = whole(key);
    if (at < 0 || at >= container.length) throw refusal(`error calling index: index out of range: ${at}`);
    return typeof container === "string" ? container.charCodeAt(at) : asGoValue("", container[at]);
  }
  if (container === null || container === undefined) {
    throw refusal("error calling index: index of untyped nil");
  }
  throw refusal(`error calling index: can't index item of type ${typeName(container)}`);
}

/** Go gives the zero value of a map's element type for a missing key; a map's own elements tell the type. */
function zeroLike(example: unknown): unknown {
  if (Array.isArray(example)) return [];
  if (typeof example === "number") return 0;
  if (typeof example === "boolean") return false;
  return typeof example === "object" ? null : "";
}

function slice(value: unknown, from: unknown, to: unknown): unknown {
  if (typeof value !== "string" && !Array.isArray(value)) {
    throw refusal(`error calling slice: can't slice item of type ${typeName(value)}`);
  }
  const [start, end] = [from === undefined ? 0 : whole(from), to === undefined ? value.length : whole(to)];
  for (const bound of [end, start]) {
    if (bound < 0 || bound > value.length) {
      throw refusal(`error calling slice: index out of range: ${bound}`);
    }
  }
  if (start > end) throw refusal(`error calling slice: invalid slice index: ${start} > ${end}`);
  return value.slice(start, end);
}

/** Go's Sprint: a blank between two operands when neither is a string. */
function sprint(args: readonly unknown[]): string {
  return args.reduce<string>((all, value, i) => {
    const blank = i > 0 && typeof value !== "string" && typeof args[i - 1] !== "string";
    return all + (blank ? " " : "") + show(value);
  }, "");
}

function comparable(value: unknown): unknown {
  if (value instanceof GoDuration) return value.nanoseconds;
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function equalsAny(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw refusal("error calling eq: missing argument for comparison");
  return others.some((other) => {
    const [a, b] = [comparable(first), comparable(other)];
    if (a === null || b === null || a === undefined || b === undefined) return (a ?? null) === (b ?? null);
    if (typeof a === "object" || typeof b === "object") {
      throw refusal(`error calling eq: non-comparable type ${typeName(typeof a === "object" ? a : b)}`);
    }
    if (typeof a !== typeof b) throw refusal("error calling eq: incompatible types for comparison");
    return a === b;
  });
}

function compare(first: unknown, second: unknown): number {
  const [a, b] = [comparable(first), comparable(second)];
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : Number(a > b);
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : Number(a > b);
  if (typeof a !== typeof b) throw refusal("incompatible types for comparison");
  throw refusal("invalid type for comparison");
}
