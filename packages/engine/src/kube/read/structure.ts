/** Holds a value against its type in Kubernetes' schema: unknown and missing fields, types, enumerations. */
import type { ValidateMode } from "@podwright/spec/engine-api/kube";
import { parseQuantity } from "@podwright/spec/kube/quantity";
import type { FieldType, KubeSchema, ScalarKind } from "@podwright/spec/kube/schema";
import type { SupportTable } from "@podwright/spec/kube/support";
import { nearestWord } from "../../base/edit-distance.ts";
import type { FieldPath } from "../manifest.ts";
import type { ObjectFindings } from "./findings.ts";
import { type Located, type LocatedMap, type LocatedScalar, isNull } from "./located.ts";

export interface StructureContext {
  readonly schema: KubeSchema;
  readonly support: SupportTable;
  readonly findings: ObjectFindings;
  readonly validate: ValidateMode;
}

const NOTHING: LocatedScalar = { kind: "scalar", type: "null", value: null, text: "", start: 0 };
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
/** More values than these are not worth reading. */
const MOST_VALUES_SHOWN = 12;

/** Goes through one object; what fits is given back as plain data. */
export class StructureCheck {
  readonly #context: StructureContext;
  /** Within a field that is ignored or refused: that its members are too goes without saying. */
  #muted = false;

  constructor(context: StructureContext) {
    this.#context = context;
  }

  object(node: Located, type: string, path: FieldPath): Record<string, unknown> {
    if (node.kind !== "map") {
      this.#mismatch(node, "a map", path);
      return Object.fromEntries(this.#missing(type, new Set(), path, false));
    }
    const fields = this.#context.schema.fields(type);
    const entries: [string, unknown][] = [];
    for (const [name, member] of node.members) {
      const field = fields.get(name);
      if (field === undefined) this.#unknown(name, node, type, path);
      else if (!isNull(member.value) && this.#context.support.of(type, name).state !== "server-made") {
        const value = this.#member(member.value, field.type, type, [...path, name]);
        if (value !== undefined) entries.push([name, value]);
      }
    }
    const written = new Set(
      [...node.members].filter(([, { value }]) => !isNull(value)).map(([name]) => name),
    );
    if (type === "ContainerPort" && !written.has("containerPort")) this.#portOfHost(entries, written, path);
    const read = new Set(entries.map(([name]) => name));
    entries.push(...this.#missing(type, written, path, true).filter(([name]) => !read.has(name)));
    return Object.fromEntries(entries);
  }

  /** Podman publishes a hostPort alone on the container's port of the same number; a cluster refuses it. */
  #portOfHost(entries: [string, unknown][], written: Set<string>, path: FieldPath): void {
    const hostPort = entries.find(([name]) => name === "hostPort")?.[1];
    if (typeof hostPort !== "number" || hostPort < 1) return;
    written.add("containerPort");
    entries.push(["containerPort", hostPort]);
    const message = `containerPort is missing, and ${hostPort}, the hostPort, is taken for it`;
    this.#context.findings.warn(path, message, `a cluster requires it: add containerPort: ${hostPort}`);
  }

  #member(node: Located, type: FieldType, owner: string, path: FieldPath): unknown {
    const name = String(path.at(-1));
    const support = this.#context.support.of(owner, name);
    const mutes = support.state === "ignored" || support.state === "refused";
    if (mutes && !this.#muted && !this.#asksNothing(node, owner, name)) {
      const { findings } = this.#context;
      if (support.state === "refused") findings.errorAtKey(path, support.why);
      else findings.warnAtKey(path, `"${name}" is ignored: ${support.why}`);
    }
    const before = this.#muted;
    this.#muted ||= mutes;
    const value = this.#value(node, type, path);
    this.#muted = before;
    return value;
  }

  /** Of a field that has no effect: values that are what holds anyway need no warning. */
  #asksNothing(node: Located, owner: string, name: string): boolean {
    if (node.kind === "list") return node.items.length === 0;
    if (node.kind === "map") return node.members.size === 0;
    if (node.value === "" || node.value === false) return true;
    return this.#context.support.holdsAnyway(owner, name, node.text);
  }

  /** Required fields that are not there: reported, and given as nothing much so that the data fits its type. */
  #missing(
    type: string,
    written: ReadonlySet<string>,
    path: FieldPath,
    reported: boolean,
  ): readonly [string, unknown][] {
    const missing: [string, unknown][] = [];
    for (const [name, field] of this.#context.schema.fields(type)) {
      // What an object is has been found out before, from its list where it does not say so itself.
      const known = path.length === 0 && (name === "apiVersion" || name === "kind");
      if (!field.required || known) continue;
      if (reported && !written.has(name)) this.#context.findings.required([...path, name]);
      missing.push([name, this.#nothing(field.type, path)]);
    }
    return missing;
  }

  #nothing(type: FieldType, path: FieldPath): unknown {
    if (type.kind === "array") return [];
    if (type.kind === "map") return {};
    if (type.kind === "object") return Object.fromEntries(this.#missing(type.name, new Set(), path, false));
    if (type.kind === "boolean") return false;
    if (type.kind === "string" || type.kind === "time") return "";
    return type.kind === "enum" ? (type.values[0] ?? "") : 0;
  }

  #value(node: Located, type: FieldType, path: FieldPath): unknown {
    if (type.kind === "object") return this.object(node, type.name, path);
    if (type.kind === "array") return this.#list(node, type.of, path);
    if (type.kind === "map") return this.#map(node, type.of, path);
    if (type.kind === "any") return plainData(node);
    if (type.kind === "enum") return this.#enum(node, type.values, path);
    if (node.kind === "scalar") return this.#scalar(node, type.kind, path);
    return this.#mismatch(node, WANTED[type.kind], path);
  }

  #list(node: Located, of: FieldType, path: FieldPath): unknown {
    if (node.kind !== "list") {
      this.#mismatch(node, "a list", path);
      return [];
    }
    const items: unknown[] = [];
    for (const [index, item] of node.items.entries()) {
      // A place is kept for each, so that indices stay those of the text.
      const value = this.#value(item, of, [...path, index]);
      items.push(value === undefined ? this.#nothing(of, path) : value);
    }
    return items;
  }

  #map(node: Located, of: FieldType, path: FieldPath): unknown {
    if (node.kind !== "map") {
      this.#mismatch(node, "a map", path);
      return {};
    }
    const entries: [string, unknown][] = [];
    for (const [name, { value }] of node.members) {
      if (isNull(value)) continue;
      const data = this.#value(value, of, [...path, name]);
      if (data !== undefined) entries.push([name, data]);
    }
    return Object.fromEntries(entries);
  }

  #scalar(node: LocatedScalar, kind: Exclude<ScalarKind, "any">, path: FieldPath): unknown {
    switch (kind) {
      case "boolean":
        return node.type === "boolean" ? node.value : this.#mismatch(node, WANTED.boolean, path);
      case "int32":
      case "int64":
      case "number":
        return this.#number(node, kind, path);
      case "int-or-string":
        if (node.type === "string" && node.value !== "") return node.value;
        return node.type === "integer"
          ? this.#number(node, "int32", path)
          : this.#mismatch(node, WANTED["int-or-string"], path);
      case "quantity":
        return this.#quantity(node, path);
      case "string":
      case "time":
        if (node.type === "string") return node.value;
        if (node.type !== "null" && isCommandWord(path)) {
          const message = `a command's words are strings: ${described(node)} is taken as text`;
          this.#context.findings.warn(path, message, mismatchHint(node, WANTED.string));
          return node.text;
        }
        this.#mismatch(node, WANTED.string, path);
        // What was most likely meant goes on, so that its users are not told that it is missing.
        return node.type === "null" ? undefined : node.text;
    }
  }

  #number(node: LocatedScalar, type: "int32" | "int64" | "number", path: FieldPath): number | undefined {
    if (typeof node.value !== "number" || (type !== "number" && node.type === "float"))
      return this.#mismatch(node, type === "number" ? WANTED.number : WANTED.int32, path);
    if (type === "int32" && (node.value < INT32.min || node.value > INT32.max)) {
      this.#context.findings.error(path, `invalid value ${node.text}: does not fit in 32 bits`);
      return undefined;
    }
    return node.value;
  }

  #quantity(node: LocatedScalar, path: FieldPath): string | number | undefined {
    if (node.type !== "string" && node.type !== "integer" && node.type !== "float")
      return this.#mismatch(node, WANTED.quantity, path);
    const value = typeof node.value === "number" ? node.value : String(node.value);
    if (parseQuantity(value) !== undefined) return value;
    const unit = /[kKmMgGtT]i?[bB]$/.test(node.text);
    this.#context.findings.error(
      path,
      `invalid value "${node.text}": not a quantity`,
      unit ? "write units without the B: 512Mi, 1G" : 'quantities look like "500m", "1.5", "512Mi" or "1G"',
    );
    return undefined;
  }

  #enum(node: Located, values: readonly string[], path: FieldPath): string | undefined {
    if (node.kind !== "scalar" || node.type !== "string") return this.#mismatch(node, WANTED.string, path);
    const value = String(node.value);
    if (values.includes(value)) return value;
    // An empty string is how Go says that nothing was chosen.
    if (value === "") return undefined;
    unsupportedValue(this.#context.findings, path, value, values);
    return undefined;
  }

  #unknown(name: string, node: LocatedMap, type: string, path: FieldPath): void {
    const { findings, schema, validate } = this.#context;
    if (validate === "ignore") return;
    const meant = nearestWord(
      name,
      [...schema.fields(type).keys()].filter((field) => isNull(node.members.get(field)?.value ?? NOTHING)),
    );
    const hint = meant === undefined ? this.#misplaced(name, type) : `did you mean "${meant}"?`;
    const message = `unknown field "${name}"`;
    if (validate === "warn" || LENIENT.has(`${type}.${name}`))
      findings.warnAtKey([...path, name], message, hint);
    else findings.errorAtKey([...path, name], message, hint);
  }

  /** Where the field would be right. */
  #misplaced(name: string, type: string): string | undefined {
    const home = (NEIGHBOURS[type] ?? []).find(([other]) => this.#context.schema.fields(other).has(name));
    return home === undefined ? undefined : `it is a field of ${home[1]}`;
  }

  #mismatch(node: Located, wanted: string, path: FieldPath): undefined {
    this.#context.findings.error(
      path,
      `expected ${wanted}, got ${described(node)}`,
      mismatchHint(node, wanted),
    );
    return undefined;
  }
}

const WANTED = {
  string: "a string",
  time: "a string",
  boolean: "true or false",
  int32: "an integer",
  int64: "an integer",
  number: "a number",
  quantity: "a quantity",
  "int-or-string": "an integer or a string",
} as const;

/** Types whose fields are often written one level off, and how to call them. */
const NEIGHBOURS: Readonly<Record<string, readonly (readonly [type: string, name: string])[]>> = {
  Pod: [["PodSpec", "spec"]],
  Deployment: [["DeploymentSpec", "spec"]],
  DaemonSet: [["DaemonSetSpec", "spec"]],
  Job: [["JobSpec", "spec"]],
  DeploymentSpec: [["PodSpec", "spec.template.spec"]],
  DaemonSetSpec: [["PodSpec", "spec.template.spec"]],
  JobSpec: [["PodSpec", "spec.template.spec"]],
  PodTemplateSpec: [["PodSpec", "the template's spec"]],
  PodSpec: [
    ["Container", "a container"],
    ["PodSecurityContext", "securityContext"],
    ["JobSpec", "the job's spec"],
    ["DeploymentSpec", "the deployment's spec"],
  ],
  Container: [
    ["SecurityContext", "securityContext"],
    ["ContainerPort", "an item of ports"],
    ["PodSpec", "the pod's spec"],
    ["ResourceRequirements", "resources"],
  ],
  SecurityContext: [["PodSecurityContext", "the pod's securityContext"]],
  PodSecurityContext: [["SecurityContext", "a container's securityContext"]],
  ResourceRequirements: [["Container", "the container"]],
  ConfigMapVolumeSource: [["SecretVolumeSource", "a secret volume"]],
  SecretVolumeSource: [["ConfigMapVolumeSource", "a configMap volume; a secret volume has secretName"]],
};

/**
 * Fields of the pod's securityContext that are often written at a container, where Podman and Kubernetes' API server
 * (without strict validation) drop them: told, and left out, in every mode.
 */
const LENIENT: ReadonlySet<string> = new Set([
  "SecurityContext.fsGroup",
  "SecurityContext.fsGroupChangePolicy",
  "SecurityContext.supplementalGroups",
  "SecurityContext.sysctls",
]);

/** `[sleep, 3600]` and `- true` mean what they look like; Podman plays them, and a cluster wants them quoted. */
function isCommandWord(path: FieldPath): boolean {
  const [list, index] = path.slice(-2);
  return typeof index === "number" && (list === "command" || list === "args");
}

/** `unsupported value "always": supported values: "Always", "Never"`, with the one that was meant as a hint. */
export function unsupportedValue(
  findings: ObjectFindings,
  path: FieldPath,
  value: string,
  values: readonly string[],
): void {
  const meant = nearestWord(value, values);
  const shown =
    values.length > MOST_VALUES_SHOWN
      ? ""
      : `: supported values: ${values.map((known) => `"${known}"`).join(", ")}`;
  const hint = meant === undefined ? undefined : `did you mean "${meant}"?`;
  findings.error(path, `unsupported value "${value}"${shown}`, hint);
}

function described(node: Located): string {
  if (node.kind !== "scalar") return `a ${node.kind}`;
  switch (node.type) {
    case "string":
      return node.text.length > 40 || node.text.includes("\n") ? "a string" : `the string "${node.text}"`;
    case "null":
      return "null";
    case "boolean":
      return node.text === String(node.value)
        ? node.text
        : `${node.text} (the boolean ${String(node.value)})`;
    case "integer":
    case "float":
      return `the number ${node.text}`;
  }
}

function mismatchHint(node: Located, wanted: string): string | undefined {
  if (wanted === "a list" && node.kind !== "list") return 'put "- " in front of each item';
  if (node.kind !== "scalar") return undefined;
  if (wanted === "a string" && node.type !== "null") return `quote it: "${node.text}"`;
  const unquoted = node.type === "string" && (/^\d+$/.test(node.text) || /^(?:true|false)$/.test(node.text));
  return unquoted && wanted !== "a map" ? "remove the quotes" : undefined;
}

export function plainData(node: Located): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plainData);
    case "map":
      return Object.fromEntries(
        [...node.members]
          .filter(([, { value }]) => !isNull(value))
          .map(([name, { value }]) => [name, plainData(value)]),
      );
  }
}
