/** Writes the Kubernetes schema (as compact data) and its types from the models package; --check says whether they are up to date. */
import { join } from "node:path";
import { type KnownKind, type Model, type ModelType, readKinds, readModels } from "./kube-models.ts";
import { ROOT, readText, report } from "./source-files.ts";

const SCHEMA = "packages/spec/src/kube/schema.generated.ts";
const TYPES = "packages/spec/src/kube/types.generated.ts";
const ROOTS = [
  "v1/Pod",
  "v1/PodTemplateSpec",
  "v1/ConfigMap",
  "v1/Secret",
  "v1/PersistentVolumeClaim",
  "apps/v1/Deployment",
  "apps/v1/DaemonSet",
  "batch/v1/Job",
];
const LINE_WIDTH = 110;
/** Longer unions (the signals' names) help nobody. */
const MOST_LITERALS = 20;
const LETTERS = {
  string: "s",
  boolean: "b",
  int32: "i",
  int64: "l",
  number: "n",
  quantity: "q",
  "int-or-string": "x",
  time: "t",
  any: "a",
} as const;

export async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const models = await readModels(ROOTS);
  return { [SCHEMA]: schemaModule(models, readKinds()), [TYPES]: typesModule(models) };
}

export async function checkGenerated(): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [file, text] of Object.entries(await generatedFiles()))
    if ((await readText(file).catch(() => "")) !== text)
      problems.push(`${file}: out of date, run: bun run gen`);
  return problems;
}

function schemaModule(models: readonly Model[], kinds: readonly KnownKind[]): string {
  const types = models.map((model) => `${model.name} ${encodeModel(model)}`);
  return `/** Kubernetes' types as data; made by tools/gen-kube-schema.ts, read by schema.ts. */

/** A type per line: "name!" is required, ":" a type other than string; schema.ts knows the letters. */
export const TYPES = \`${types.join("\n")}\`;

/** Every kind that Kubernetes itself has (or had): "apiVersion Kind,Kind" per line. */
export const KINDS = \`${encodeKinds(kinds)}\`;
`;
}

function encodeModel({ fields }: Model): string {
  return fields
    .map(({ name, required, type }) => {
      const code = encodeType(type);
      return `${name}${required ? "!" : ""}${code === "s" ? "" : `:${code}`}`;
    })
    .join(";");
}

function encodeType(type: ModelType): string {
  if (type.kind === "enum") return `=${type.values.join("|")}`;
  if (type.kind === "array") return `[${encodeType(type.of)}`;
  if (type.kind === "map") return `{${encodeType(type.of)}`;
  if (type.kind === "object") return type.name;
  return LETTERS[type.kind];
}

function encodeKinds(kinds: readonly KnownKind[]): string {
  const groups = new Map<string, string[]>([["v1", ["List"]]]);
  for (const { apiVersion, kind } of kinds) groups.set(apiVersion, [...(groups.get(apiVersion) ?? []), kind]);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([apiVersion, names]) => `${apiVersion} ${[...new Set(names)].sort().join(",")}`)
    .join("\n");
}

function typesModule(models: readonly Model[]): string {
  const interfaces = models.map(({ name, fields }) => {
    const members = fields.map((field) =>
      fitted(`  readonly ${field.name}${field.required ? "" : "?"}:`, typeText(field.type)),
    );
    return members.length === 0
      ? `export type ${name} = Readonly<Record<string, never>>;`
      : `export interface ${name} {\n${members.join("\n")}\n}`;
  });
  return `/** Kubernetes' types for TypeScript; made by tools/gen-kube-schema.ts. */

${interfaces.join("\n\n")}
`;
}

/** As the formatter would break it. */
function fitted(start: string, type: string): string {
  const line = `${start} ${type};`;
  if (line.length <= LINE_WIDTH || !type.startsWith('"')) return line;
  return [start, ...type.split(" | ").map((value) => `    | ${value}`)].join("\n").concat(";");
}

function typeText(type: ModelType): string {
  switch (type.kind) {
    case "string":
    case "time":
      return "string";
    case "boolean":
      return "boolean";
    case "int32":
    case "int64":
    case "number":
      return "number";
    case "quantity":
    case "int-or-string":
      return "number | string";
    case "any":
      return "unknown";
    case "enum":
      if (type.values.length > MOST_LITERALS) return "string";
      return type.values.map((value) => JSON.stringify(value)).join(" | ");
    case "array":
      return type.of.kind === "enum" || typeText(type.of).includes(" ")
        ? `readonly (${typeText(type.of)})[]`
        : `readonly ${typeText(type.of)}[]`;
    case "map":
      return `Readonly<Record<string, ${typeText(type.of)}>>`;
    case "object":
      return type.name;
  }
}

if (import.meta.main) {
  if (process.argv.includes("--check")) report(await checkGenerated());
  else
    for (const [file, text] of Object.entries(await generatedFiles()))
      await Bun.write(join(ROOT, file), text);
}
