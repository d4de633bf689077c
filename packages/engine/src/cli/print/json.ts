/** JSON as Go's encoder writes it for Podman: keys of maps sorted, HTML characters as they are. */
import { rfc3339Nano } from "../../base/go-time.ts";
import { GoTime } from "./go-time.ts";
import { holdsMap, isFieldName, isPlainObject } from "./map-fields.ts";

/** `indent` in spaces; 0 gives one line. Members that are undefined are left out. */
export function toGoJson(value: unknown, indent = 0): string {
  return JSON.stringify(new Normaliser().normalise("", value), null, indent).replace(
    /[\u2028\u2029]/g,
    (c) => (c === "\u2028" ? "\\u2028" : "\\u2029"),
  );
}

/** Sorts maps and turns what JSON.stringify cannot write (Map, bigint) into what it can. */
class Normaliser {
  /** By key: the rows of a list have the same ones, a thousand times over. */
  readonly #namesField = new Map<string, boolean>();
  readonly #holdsMap = new Map<string, boolean>();

  normalise(field: string, value: unknown): unknown {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
    if (value === undefined || value === null || typeof value === "function") return null;
    if (typeof value === "bigint") return rawNumber(value);
    if (value instanceof Date) return rfc3339Nano(value.getTime());
    if (value instanceof GoTime) return value.text;
    if (Array.isArray(value)) return value.map((element) => this.normalise("", element));
    if (value instanceof Map)
      return this.#members(
        [...value].map(([k, v]) => [String(k), v]),
        true,
      );
    if (!isPlainObject(value)) return value;
    return this.#members(Object.entries(value), this.#isMap(field, value));
  }

  #members(entries: readonly (readonly [string, unknown])[], isMap: boolean): unknown {
    const ordered = isMap ? entries.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))) : entries;
    // No prototype: a label may be called "__proto__".
    const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, v] of ordered) {
      if (v === undefined || typeof v === "function") continue;
      result[key] = this.normalise(isMap ? "" : key, v);
    }
    return result;
  }

  #isMap(field: string, value: Readonly<Record<string, unknown>>): boolean {
    if (known(this.#holdsMap, field, holdsMap)) return true;
    const keys = Object.keys(value);
    return keys.length === 0 || keys.some((key) => !known(this.#namesField, key, isFieldName));
  }
}

function known(answers: Map<string, boolean>, key: string, ask: (key: string) => boolean): boolean {
  let answer = answers.get(key);
  if (answer === undefined) answers.set(key, (answer = ask(key)));
  return answer;
}

/** Digits as they are: a uint64 does not fit a JavaScript number. */
function rawNumber(value: bigint): unknown {
  const raw: unknown = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
  return raw;
}
