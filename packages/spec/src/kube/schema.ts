/** Kubernetes' types, decoded one at a time as they are asked for. */
import { KINDS, TYPES } from "./schema.generated.ts";

export type FieldType =
  | { readonly kind: ScalarKind }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "array" | "map"; readonly of: FieldType }
  | { readonly kind: "object"; readonly name: string };

export type ScalarKind =
  | "string"
  | "boolean"
  | "int32"
  | "int64"
  | "number"
  | "quantity"
  | "int-or-string"
  | "time"
  | "any";

export interface Field {
  readonly type: FieldType;
  readonly required: boolean;
}

const LETTERS: Readonly<Record<string, ScalarKind>> = {
  s: "string",
  b: "boolean",
  i: "int32",
  l: "int64",
  n: "number",
  q: "quantity",
  x: "int-or-string",
  t: "time",
  a: "any",
};

/** What may be asked of the schema; made once per reading, so that nothing is decoded by a mere import. */
export class KubeSchema {
  readonly #encoded = new Map<string, string>();
  readonly #decoded = new Map<string, ReadonlyMap<string, Field>>();

  constructor() {
    for (const line of TYPES.split("\n")) {
      const space = line.indexOf(" ");
      this.#encoded.set(line.slice(0, space), line.slice(space + 1));
    }
  }

  get typeNames(): readonly string[] {
    return [...this.#encoded.keys()];
  }

  /** Fields of a type, by name. */
  fields(type: string): ReadonlyMap<string, Field> {
    const known = this.#decoded.get(type);
    if (known !== undefined) return known;
    const encoded = this.#encoded.get(type);
    if (encoded === undefined) throw new Error(`the schema has no type ${type}`);
    const fields = new Map(encoded === "" ? [] : encoded.split(";").map(decodeField));
    this.#decoded.set(type, fields);
    return fields;
  }
}

function decodeField(text: string): [string, Field] {
  const colon = text.indexOf(":");
  const head = colon === -1 ? text : text.slice(0, colon);
  const type = decodeType(colon === -1 ? "s" : text.slice(colon + 1));
  return head.endsWith("!")
    ? [head.slice(0, -1), { type, required: true }]
    : [head, { type, required: false }];
}

function decodeType(code: string): FieldType {
  if (code.startsWith("[")) return { kind: "array", of: decodeType(code.slice(1)) };
  if (code.startsWith("{")) return { kind: "map", of: decodeType(code.slice(1)) };
  if (code.startsWith("=")) return { kind: "enum", values: code.slice(1).split("|") };
  const scalar = LETTERS[code];
  return scalar === undefined ? { kind: "object", name: code } : { kind: scalar };
}

/** apiVersions that have this kind, the newest kind of API first. */
export function apiVersionsOf(kind: string): readonly string[] {
  return KINDS.split("\n")
    .map((line) => line.split(" "))
    .filter(([, kinds = ""]) => kinds.split(",").includes(kind))
    .map(([apiVersion = ""]) => apiVersion)
    .sort((a, b) => Number(a.includes("beta")) - Number(b.includes("beta")));
}

export function knownKinds(): readonly string[] {
  return [...new Set(KINDS.split("\n").flatMap((line) => (line.split(" ")[1] ?? "").split(",")))];
}

export function isKnownKind(apiVersion: string, kind: string): boolean {
  return apiVersionsOf(kind).includes(apiVersion);
}
