/** Writes docs/kubernetes.md from the schema and the support table; --check says whether it is up to date. */
import { join } from "node:path";
import { NOT_RUN_HINTS, RUN_KINDS } from "../packages/engine/src/kube/read/kinds.ts";
import { type FieldType, KubeSchema } from "../packages/spec/src/kube/schema.ts";
import { type Support, SupportTable } from "../packages/spec/src/kube/support.ts";
import { ROOT, readText, report } from "./source-files.ts";

const FILE = "docs/kubernetes.md";
/** Types with a table of their own; all others are shown within the type that has them. */
const SECTIONS: readonly (readonly [type: string, title: string])[] = [
  ["Pod", "Pod"],
  ["Deployment", "Deployment"],
  ["DaemonSet", "DaemonSet"],
  ["Job", "Job"],
  ["ConfigMap", "ConfigMap"],
  ["Secret", "Secret"],
  ["PersistentVolumeClaim", "PersistentVolumeClaim"],
  ["ObjectMeta", "Metadata"],
  ["PodTemplateSpec", "Pod template"],
  ["PodSpec", "Pod spec"],
  ["Container", "Container"],
  ["Probe", "Probe"],
  ["LifecycleHandler", "Lifecycle hook"],
  ["Volume", "Volume"],
];
const INTRODUCTION = `# Kubernetes YAML

Generated from \`packages/spec/src/kube/\` by \`bun run gen\`; do not edit.

## How \`kube play\` reads a manifest

- Everything is read and checked before anything is made. All mistakes are told at once, each with file, line and
  column, the line itself and, where there is one, a hint. Nothing is changed when there is an error.
- The rules are those of the API server: unknown fields, wrong types, required fields, enumerations, ranges, names,
  quantities, references within the pod. \`--validate=warn\` makes warnings of unknown fields and unknown kinds,
  \`--validate=ignore\` passes over them.
- YAML is read as Kubernetes reads it, which is version 1.1: \`yes\`, \`no\`, \`on\`, \`off\`, \`y\` and \`n\` are booleans, \`0644\`
  is octal, dates are strings. A number or a boolean where a string is wanted is an error: quote it. Anchors, aliases
  and merge keys work; a key that is given twice is an error. JSON is read too.
- \`null\` means that the field is not set, everywhere.
- What the API server writes into an object (\`status\`, \`metadata.uid\`, …) is taken without a word and dropped.
- A field that means nothing on one machine is named in a warning; the rest plays. That holds for all below it.
- What Podman plays and a cluster refuses is played with a warning: numbers and booleans among the words of a command,
  a hostPort without containerPort, and fsGroup, supplementalGroups and sysctls at a container, which are left out.

Support is one of:

| | |
|---|---|
| yes | it does what it does in Kubernetes |
| ignored | a warning says so; the rest plays |
| refused | an error |
| refused when mounted | an error where a container mounts the volume, else a warning |
| dropped | taken without a word |
`;

interface Row {
  readonly path: string;
  readonly type: string;
  readonly support: Support;
  readonly see: string;
  readonly note: string;
}

export function kubernetesPage(): string {
  const walk = new FieldWalk();
  const sections = SECTIONS.map(([type, title]) => `## ${title}\n\n${table(walk.rows(type))}`);
  return `${INTRODUCTION}\n${kindsSection()}\n${sections.join("\n")}`;
}

function kindsSection(): string {
  const run = Object.entries(RUN_KINDS).map(([kind, version]) => `| ${kind} | ${version} | yes |`);
  const others = Object.entries(NOT_RUN_HINTS).map(([kind, hint]) => `| ${kind} | | ignored: ${hint} |`);
  return `## Kinds

A List, and typed lists of the kinds below, are taken as the objects in them. Kinds that Kubernetes has and that are
not run here are each named in a warning; a kind that Kubernetes does not have is an error.

| Kind | apiVersion | |
|---|---|---|
${[...run, ...others].join("\n")}
| all others of Kubernetes | | ignored |
`;
}

class FieldWalk {
  readonly #schema = new KubeSchema();
  readonly #support = new SupportTable();
  readonly #titles = new Map(SECTIONS);

  rows(type: string): readonly Row[] {
    return this.#rows(type, "");
  }

  #rows(type: string, prefix: string): readonly Row[] {
    return [...this.#schema.fields(type)].flatMap(([name, field]) => {
      if (!this.#support.knows(type, name))
        throw new Error(`${type}.${name} is in no row of packages/spec/src/kube/support-rows.ts`);
      const support = this.#support.of(type, name);
      const path = `${prefix}${name}${brackets(field.type)}`;
      const inner = innerType(field.type);
      const title = inner === undefined ? undefined : this.#titles.get(inner);
      const note = "why" in support ? support.why : this.#support.note(type, name);
      const row = { path, type: typeText(field.type), support, see: title ?? "", note };
      const inlined = inner !== undefined && title === undefined && support.state === "supported";
      return inlined ? this.#rows(inner, `${path}.`) : [row];
    });
  }
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ path, type, support, see, note }) => {
    const link = see === "" ? type : `[${see}](#${see.toLowerCase().replaceAll(" ", "-")})`;
    return `| \`${path}\` | ${link} | ${STATES[support.state]} | ${note === "" ? "" : `${note} `}|`;
  });
  return `| Field | Type | Support | |\n|---|---|---|---|\n${lines.join("\n")}\n`;
}

const STATES: Readonly<Record<Support["state"], string>> = {
  supported: "yes",
  ignored: "ignored",
  refused: "refused",
  unmountable: "refused when mounted",
  "server-made": "dropped",
};

function brackets(type: FieldType): string {
  if (type.kind === "array") return `[]${brackets(type.of)}`;
  return type.kind === "map" && innerType(type) !== undefined ? `.*${brackets(type.of)}` : "";
}

function innerType(type: FieldType): string | undefined {
  if (type.kind === "object") return type.name;
  return type.kind === "array" || type.kind === "map" ? innerType(type.of) : undefined;
}

function typeText(type: FieldType): string {
  switch (type.kind) {
    case "array":
      return typeText(type.of);
    case "map":
      return `map of ${typeText(type.of)}`;
    case "object":
      return "object";
    case "enum":
      return type.values.length > 12 ? "string" : type.values.map((value) => value || '""').join(", ");
    case "int32":
    case "int64":
      return "integer";
    case "int-or-string":
      return "integer or string";
    case "any":
      return "object";
    case "string":
    case "boolean":
    case "number":
    case "quantity":
    case "time":
      return type.kind;
  }
}

export async function checkKubernetesPage(): Promise<readonly string[]> {
  const current = await readText(FILE).catch(() => "");
  return current === kubernetesPage() ? [] : [`${FILE}: out of date, run: bun run gen`];
}

if (import.meta.main) {
  if (process.argv.includes("--check")) report(await checkKubernetesPage());
  else await Bun.write(join(ROOT, FILE), kubernetesPage());
}
