/** JSON as Go's encoder writes it for Podman: keys of maps sorted, HTML characters as they are. */
import { rfc3339Nano } from "@podwright/spec/libpod-api/go-time";
import { GoTime } from "./go-time.ts";
import { hasMapKeys, holdsMap, isPlainObject } from "./map-fields.ts";

/** `indent` in spaces; 0 gives one line. Members that are undefined are left out. */
export function toGoJson(value: unknown, indent = 0): string {
  return JSON.stringify(normalise("", value), null, indent).replace(/[\u2028\u2029]/g, (c) =>
    c === "\u2028" ? "\\u2028" : "\\u2029",
  );
}

/** Sorts maps and turns what JSON.stringify cannot write (Map, bigint) into what it can. */
function normalise(field: string, value: unknown): unknown {
  if (value === undefined || typeof value === "function") return null;
  if (typeof value === "bigint") return rawNumber(value);
  if (value instanceof Date) return rfc3339Nano(value.getTime());
  if (value instanceof GoTime) return value.text;
  if (Array.isArray(value)) return value.map((element) => normalise("", element));
  if (value instanceof Map)
    return members(
      [...value].map(([k, v]) => [String(k), v]),
      true,
    );
  if (!isPlainObject(value)) return value;
  return members(Object.entries(value), holdsMap(field) || hasMapKeys(value));
}

function members(entries: readonly (readonly [string, unknown])[], isMap: boolean): unknown {
  const kept = entries.filter(([, v]) => v !== undefined && typeof v !== "function");
  const ordered = isMap ? kept.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))) : kept;
  // No prototype: a label may be called "__proto__".
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, v] of ordered) result[key] = normalise(isMap ? "" : key, v);
  return result;
}

/** Digits as they are: a uint64 does not fit a JavaScript number. */
function rawNumber(value: bigint): unknown {
  const raw: unknown = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
  return raw;
}
