/** `--filter key=value`: how the values are read, and how names, ids and labels are matched against them. */
import type { Filters, Labels } from "../engine-api/common.ts";
import { parseTimestamp } from "./timestamp.ts";
import { invalidValue } from "./value-error.ts";

/** Groups `key=value` by key, in order. @throws VALUE_INVALID for one without `=`. */
export function parseFilters(
  values: readonly string[],
  complain: (value: string) => string = (value) =>
    `filter input must be in the form of filter=value: ${value} is invalid`,
): Filters {
  const filters = new Map<string, string[]>();
  for (const value of values) {
    const equals = value.indexOf("=");
    if (equals === -1) throw invalidValue(complain(value));
    const key = value.slice(0, equals);
    filters.set(key, [...(filters.get(key) ?? []), value.slice(equals + 1)]);
  }
  return Object.fromEntries(filters);
}

/** True when every `key`, `key=value` or `pattern*` in `wanted` is among the labels. */
export function matchesLabels(labels: Labels, wanted: readonly string[]): boolean {
  return wanted.every((want) => hasLabel(labels, want));
}

/** True when at least one of `wanted` is among the labels. */
export function matchesAnyLabel(labels: Labels, wanted: readonly string[]): boolean {
  return wanted.some((want) => hasLabel(labels, want));
}

function hasLabel(labels: Labels, want: string): boolean {
  const equals = want.indexOf("=");
  const key = equals === -1 ? want : want.slice(0, equals);
  const value = equals === -1 ? "" : want.slice(equals + 1);
  return Object.entries(labels).some(
    ([k, v]) => (value === "" || v === value) && (k === key || (key.includes("*") && wildcard(key).test(k))),
  );
}

/** `*` and `?` as in a shell; the pattern may match anywhere in the key. */
function wildcard(pattern: string): RegExp {
  const body = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(body, "s");
}

/** True when one of the regular expressions matches somewhere; one that is none matches nothing. */
export function matchesPattern(text: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => toRegExp(pattern)?.test(text) ?? false);
}

/** Hexadecimal text is a prefix of the id, any other a regular expression. */
export function matchesId(id: string, wanted: readonly string[]): boolean {
  return wanted.some((want) =>
    /^[0-9a-fA-F]*$/.test(want) ? id.startsWith(want.toLowerCase()) : matchesPattern(id, [want]),
  );
}

function toRegExp(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}

/** The one time that `until=` names. @throws VALUE_INVALID */
export function untilFilter(values: readonly string[], now: number): number {
  const [value] = values;
  if (value === undefined || values.length > 1) {
    throw invalidValue("specify exactly one timestamp for until");
  }
  return parseTimestamp(value, now);
}
