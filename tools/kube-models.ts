/** Reads Kubernetes' OpenAPI types from the models package: declarations for fields, validators for integer widths. */
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { ROOT } from "./source-files.ts";

export type ModelType =
  | { readonly kind: "string" | "boolean" | "int32" | "int64" | "number" | "quantity" | "int-or-string" }
  | { readonly kind: "time" | "any" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "array" | "map"; readonly of: ModelType }
  | { readonly kind: "object"; readonly name: string };

export interface ModelField {
  readonly name: string;
  readonly required: boolean;
  readonly type: ModelType;
}

export interface Model {
  readonly name: string;
  readonly fields: readonly ModelField[];
}

export interface KnownKind {
  readonly apiVersion: string;
  readonly kind: string;
}

const MODELS = realpathSync(join(ROOT, "node_modules", "kubernetes-models"));
const MACHINERY = realpathSync(join(MODELS, "..", "@kubernetes-models", "apimachinery"));
const SCALARS: Readonly<Record<string, ModelType>> = {
  Quantity: { kind: "quantity" },
  IntOrString: { kind: "int-or-string" },
  Time: { kind: "time" },
  MicroTime: { kind: "time" },
  FieldsV1: { kind: "any" },
  RawExtension: { kind: "any" },
};

/** The models in these files ("v1/Pod") and all that they reach, by name. */
export async function readModels(roots: readonly string[]): Promise<readonly Model[]> {
  const models = new Map<string, { readonly file: string; readonly model: Model }>();
  const waiting = roots.map((root) => join(MODELS, `${root}.d.ts`));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const name = basename(file, ".d.ts");
    const known = models.get(name);
    if (known !== undefined && known.file !== file)
      throw new Error(`two models are called ${name}: ${known.file} and ${file}`);
    if (known !== undefined) continue;
    const { model, references } = await readModel(file);
    models.set(name, { file, model });
    waiting.push(...references);
  }
  return [...models.values()].map(({ model }) => model).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Every kind that has an apiVersion of its own. */
export function readKinds(): readonly KnownKind[] {
  const kinds: KnownKind[] = [];
  for (const entry of readdirSync(MODELS, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".d.ts") || entry.startsWith("_schemas")) continue;
    const text = readFileSync(join(MODELS, entry), "utf8");
    const apiVersion = /^ {4}"apiVersion": "([^"]+)";/m.exec(text)?.[1];
    const kind = /^ {4}"kind": "([^"]+)";/m.exec(text)?.[1];
    if (apiVersion !== undefined && kind !== undefined) kinds.push({ apiVersion, kind });
  }
  return kinds;
}

async function readModel(file: string): Promise<{ model: Model; references: readonly string[] }> {
  const text = readFileSync(file, "utf8");
  const body = /^export interface I\w+ (?:extends TypeMeta )?\{\n([\s\S]*?)^\}/m.exec(text)?.[1];
  if (body === undefined) throw new Error(`${file}: no interface`);
  const imports = importedFiles(file, text);
  const references = new Set<string>();
  const wide = await integerProbe(file);
  const toType = (source: string, path: string): ModelType => {
    const written = source.trim();
    if (written === "string") return { kind: "string" };
    if (written === "boolean") return { kind: "boolean" };
    if (written === "number") return { kind: wide(path) };
    if (written.startsWith('"')) return { kind: "enum", values: literals(written) };
    const array = /^Array<([\s\S]+)>$/.exec(written)?.[1];
    if (array !== undefined) return { kind: "array", of: toType(array, `${path}/0`) };
    const map = /^\{\s*\[key: string\]: ([\s\S]+);\s*\}$/.exec(written)?.[1];
    if (map !== undefined) return { kind: "map", of: toType(map, `${path}/x`) };
    if (/^(unknown|any|object|\{\s*\})$/.test(written)) return { kind: "any" };
    const target = imports.get(written);
    if (target === undefined) throw new Error(`${file}: cannot read the type ${written}`);
    const name = basename(target, ".d.ts");
    // The server's reports on its own work are taken as they come.
    if (path === "/status") return { kind: "any" };
    const scalar = SCALARS[name];
    if (scalar !== undefined) return scalar;
    references.add(target);
    return { kind: "object", name };
  };
  const fields: ModelField[] = [];
  for (const match of body.matchAll(/^ {4}"([^"]+)"(\??): (\{\n(?: {8}.*\n)+ {4}\}|.+);$/gm)) {
    const [, name = "", optional = "", source = ""] = match;
    fields.push({ name, required: optional === "", type: toType(source, `/${name}`) });
  }
  return { model: { name: basename(file, ".d.ts"), fields }, references: [...references] };
}

function importedFiles(file: string, text: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const match of text.matchAll(/^import \{ ([^}]+) \} from "([^"]+)";$/gm)) {
    const [, names = "", from = ""] = match;
    if (from === "@kubernetes-models/base") continue;
    const target = from.startsWith(".")
      ? join(dirname(file), from.replace(/\.js$/, ".d.ts"))
      : `${from.replace("@kubernetes-models/apimachinery", MACHINERY)}.d.ts`;
    for (const name of names.split(", ")) files.set(name, target);
  }
  // A type may name itself without importing itself.
  const own = /^export type \{ \w+ as (II\w+)/m.exec(text)?.[1];
  if (own !== undefined) files.set(own, file);
  return files;
}

function literals(union: string): readonly string[] {
  return [...union.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
}

interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly { readonly instancePath: string; readonly keyword: string }[] | null;
}

/** Declarations say `number`; the validators know the width, and tell it when they are given too large a number. */
async function integerProbe(file: string): Promise<(path: string) => "int32" | "int64" | "number"> {
  const root = file.startsWith(MACHINERY) ? MACHINERY : MODELS;
  const schema = /(Io\w+)/.exec(readFileSync(file, "utf8").match(/, \w+ as (Io\w+) \}/)?.[1] ?? "")?.[1];
  if (schema === undefined) throw new Error(`${relative(root, file)}: no schema`);
  const loaded: unknown = await import(join(root, "_schemas", `${schema}.js`));
  if (!hasValidator(loaded)) throw new Error(`${schema}: no validator`);
  const rejects = (path: string, value: number): boolean => {
    const parts = path.slice(1).split("/");
    const data = parts.reduceRight<unknown>(
      (inner, part) => (part === "0" ? [inner] : { [part]: inner }),
      value,
    );
    loaded.validate(data);
    return (loaded.validate.errors ?? []).some(({ instancePath }) => instancePath === path);
  };
  return (path) => {
    if (!rejects(path, 1.5)) return "number";
    return rejects(path, 2 ** 40) ? "int32" : "int64";
  };
}

function hasValidator(value: unknown): value is { readonly validate: Validator } {
  return (
    typeof value === "object" && value !== null && "validate" in value && typeof value.validate === "function"
  );
}
