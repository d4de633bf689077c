/** How a template sees JavaScript values: structs, maps, methods, truth. */
import { GoDuration } from "../go-duration.ts";
import { GoTime } from "../go-time.ts";
import { hasMapKeys, holdsMap, isPlainObject, looseName } from "../map-fields.ts";

/** An object that offers its fields by name: a row of a table. Its members are not enumerable data. */
export interface FieldSource {
  readonly typeName: string;
  readonly fieldNames: readonly string[];
  /** The value of a field, or undefined when `fieldNames` lacks it. A function is a method. */
  field(name: string): { readonly value: unknown } | undefined;
  /** What `{{json .}}` prints. */
  toData(): unknown;
}

export function isFieldSource(value: unknown): value is FieldSource {
  return typeof value === "object" && value !== null && "fieldNames" in value && "field" in value;
}

export type Method = (...args: readonly unknown[]) => unknown;

export function isMethod(value: unknown): value is Method {
  return typeof value === "function";
}

export type FieldLookup =
  | { readonly found: true; readonly value: unknown }
  | { readonly found: false; readonly reason: string; readonly known?: readonly string[] };

/** `.Name` of a value, after Go's rules: a map's missing key is no value, a struct's is an error. */
export function lookUpField(owner: unknown, name: string): FieldLookup {
  if (owner instanceof Map) return { found: true, value: asGoValue("", owner.get(name)) };
  if (owner instanceof Date) return lookUpField(GoTime.fromDate(owner), name);
  if (owner instanceof GoTime) return methodOf("time.Time", timeMethods(owner), name);
  if (owner instanceof GoDuration) return methodOf("time.Duration", durationMethods(owner), name);
  if (owner === null || owner === undefined) {
    return { found: false, reason: `nil pointer evaluating interface {}.${name}` };
  }
  const members = isFieldSource(owner)
    ? sourceMembers(owner)
    : isPlainObject(owner)
      ? objectMembers(owner)
      : undefined;
  if (members === undefined) {
    return { found: false, reason: `can't evaluate field ${name} in type ${typeName(owner)}` };
  }
  const key = findName(members.names, name);
  if (key !== undefined) {
    // A member that is there without a value was left empty.
    const value = withoutUndefined(members.get(key));
    // A row gives times as times: its texts are texts, whatever they look like.
    const isText = isFieldSource(owner) && typeof value === "string";
    return { found: true, value: isText ? value : asGoValue(key, value) };
  }
  return {
    found: false,
    reason: `can't evaluate field ${name} in type ${typeName(owner)}`,
    known: members.names,
  };
}

function withoutUndefined(value: unknown): unknown {
  return value === undefined ? "" : value;
}

interface Members {
  readonly names: readonly string[];
  get(name: string): unknown;
}

function sourceMembers(source: FieldSource): Members {
  return { names: source.fieldNames, get: (name) => source.field(name)?.value };
}

function objectMembers(object: Readonly<Record<string, unknown>>): Members {
  // With the fields that are no part of its JSON.
  return { names: Object.getOwnPropertyNames(object), get: (name) => object[name] };
}

/** Spellings that `inspect` has always taken for a field of another name, and names that Go has and the JSON has not. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  src: "source",
  dst: "destination",
  imageid: "image",
  healthcheck: "health",
  healthmaxlogcount: "healthcheckmaxlogcount",
  healthmaxlogsize: "healthcheckmaxlogsize",
};

function findName(names: readonly string[], wanted: string): string | undefined {
  if (names.includes(wanted)) return wanted;
  const loose = looseName(wanted);
  const other = OTHER_NAMES[loose];
  return (
    names.find((name) => looseName(name) === loose) ??
    (other === undefined ? undefined : names.find((name) => looseName(name) === other))
  );
}

const TIME_FIELDS =
  /^(Created|CreatedAt|UpdatedAt|StartedAt|FinishedAt|ExitedAt|CheckpointedAt|RestoredAt|Start|End)$/i;

/** Plain objects that stand for maps become Maps, and texts that stand for times become times. */
export function asGoValue(field: string, value: unknown): unknown {
  // The values of a set such as ExposedPorts: `map[80/tcp:{}]`.
  if (field === "" && isPlainObject(value) && Object.keys(value).length === 0) return value;
  if (isPlainObject(value) && (holdsMap(field) || hasMapKeys(value))) return new Map(Object.entries(value));
  if (typeof value === "string" && TIME_FIELDS.test(field)) return GoTime.parse(value) ?? value;
  return value instanceof Date ? GoTime.fromDate(value) : value;
}

type Methods = Readonly<Record<string, () => unknown>>;

function timeMethods(time: GoTime): Methods {
  return {
    Unix: () => Math.floor(time.ms / 1000),
    UnixMilli: () => time.ms,
    UnixNano: () => BigInt(time.ms) * 1_000_000n,
    IsZero: () => time.isZero,
    String: () => time.toString(),
    UTC: () => new GoTime(new Date(time.ms).toISOString()),
  };
}

function durationMethods(duration: GoDuration): Methods {
  const { nanoseconds } = duration;
  return {
    Nanoseconds: () => nanoseconds,
    Milliseconds: () => Math.trunc(nanoseconds / 1e6),
    Seconds: () => nanoseconds / 1e9,
    Minutes: () => nanoseconds / 6e10,
    Hours: () => nanoseconds / 3.6e12,
    String: () => duration.toString(),
  };
}

function methodOf(type: string, methods: Methods, name: string): FieldLookup {
  const method = methods[name];
  if (method) return { found: true, value: method };
  return {
    found: false,
    reason: `can't evaluate field ${name} in type ${type}`,
    known: Object.keys(methods),
  };
}

/** What `if`, `with`, `and`, `or` and `not` take for true. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return value instanceof GoDuration ? value.nanoseconds !== 0 : Boolean(value);
}

/** The type's name in messages, as near to Go's as can be known. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  if (Array.isArray(value)) return value.every((e) => typeof e === "string") ? "[]string" : "[]interface {}";
  if (value instanceof Map) return "map[string]interface {}";
  if (value instanceof GoTime || value instanceof Date) return "time.Time";
  if (value instanceof GoDuration) return "time.Duration";
  return isFieldSource(value) ? value.typeName : "struct";
}

/** A map's entries in the order in which Go's templates and fmt walk them. */
export function sortedEntries(map: ReadonlyMap<unknown, unknown>): readonly (readonly [unknown, unknown])[] {
  return [...map].toSorted(([a], [b]) => compareKeys(a, b));
}

function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : Number(left > right);
}
