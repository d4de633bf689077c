/** A container's variables as Kubernetes makes them: `envFrom` first, `env` over it, `$(NAME)` from those before. */
import type { SandboxFact } from "@podwright/spec/engine-api/containers";
import type { EnvFromSource, EnvVar } from "@podwright/spec/kube/types";
import { expand } from "./expand.ts";
import { variableField } from "./field-refs.ts";
import { type Place, quote } from "./place.ts";
import { type Content, findContent, keysHint, missingKey } from "./references.ts";
import { resourceField } from "./resource-fields.ts";
import type { ContainerScope } from "./scope.ts";
import { finished, hasStartReference, startReference } from "./start-text.ts";

export interface Environment {
  /** `KEY=value`. A `$(NAME)` of a variable that only a start knows still stands in it. */
  readonly lines: readonly string[];
  readonly sandbox: Readonly<Record<string, SandboxFact>>;
  /** Replaces `$(NAME)` in a word of the command. */
  readonly expand: (text: string) => string;
  /** The variable's value; `later` when only a start knows it. */
  readonly known: (name: string) => { readonly text: string } | "later" | undefined;
}

type Value = { readonly text: string } | { readonly fact: SandboxFact };
type Values = Map<string, Value>;

export function planEnvironment(scope: ContainerScope): Environment {
  const { env = [], envFrom = [] } = scope.container;
  const values: Values = new Map();
  envFrom.forEach((source, i) => addSource(values, scope, source, scope.place.at("envFrom", i)));
  const lookup = (name: string): string | undefined => {
    const value = values.get(name);
    if (value === undefined) return undefined;
    return "text" in value ? value.text : startReference(name);
  };
  env.forEach((variable, i) => {
    const value = valueOf(scope, variable, scope.place.at("env", i), lookup);
    if (value !== undefined) values.set(variable.name, value);
  });
  const sandbox = sandboxOf(values);
  const finish = (text: string): string => finished(text, Object.keys(sandbox));
  return {
    lines: [...values].flatMap(([name, value]) => ("text" in value ? [`${name}=${finish(value.text)}`] : [])),
    sandbox,
    expand: (text) => finish(expand(text, lookup)),
    known: (name) => {
      const value = values.get(name);
      if (value === undefined) return undefined;
      return "fact" in value || hasStartReference(value.text) ? "later" : value;
    },
  };
}

function sandboxOf(values: Values): Record<string, SandboxFact> {
  return Object.fromEntries(
    [...values].flatMap(([name, value]) => ("fact" in value ? [[name, value.fact] as const] : [])),
  );
}

function valueOf(
  scope: ContainerScope,
  { name, value = "", valueFrom }: EnvVar,
  place: Place,
  lookup: (name: string) => string | undefined,
): Value | undefined {
  if (value !== "" || valueFrom === undefined) {
    const text = sound(value, name, place.at("value"));
    return text === undefined ? undefined : { text: expand(text, lookup) };
  }
  const from = place.at("valueFrom");
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (configMapKeyRef !== undefined) {
    return keyValue(scope, name, from.at("configMapKeyRef"), { kind: "ConfigMap", ...configMapKeyRef });
  }
  if (secretKeyRef !== undefined) {
    return keyValue(scope, name, from.at("secretKeyRef"), { kind: "Secret", ...secretKeyRef });
  }
  if (fieldRef !== undefined) {
    const field = variableField(scope, fieldRef.fieldPath, from.at("fieldRef", "fieldPath"));
    if (field === undefined) return undefined;
    return field.kind === "text" ? { text: field.text } : { fact: field.fact };
  }
  if (resourceFieldRef !== undefined) {
    const text = resourceField(scope, resourceFieldRef, from.at("resourceFieldRef"), scope.container);
    return text === undefined ? undefined : { text };
  }
  from.error(
    "a variable from this source is not supported",
    "use configMapKeyRef, secretKeyRef, fieldRef or resourceFieldRef",
  );
  return undefined;
}

interface KeyWanted {
  readonly kind: "ConfigMap" | "Secret";
  readonly name?: string;
  readonly key: string;
  readonly optional?: boolean;
}

function keyValue(
  scope: ContainerScope,
  variable: string,
  place: Place,
  { kind, name = "", key, optional }: KeyWanted,
): Value | undefined {
  const content = findContent(scope, place.at("name"), { kind, name, optional });
  if (content === undefined) return undefined;
  const bytes = content.variables.get(key);
  if (bytes !== undefined) return decoded(bytes, variable, place.at("key"));
  if (optional !== true) {
    const binary = content.files.has(key) ? " that a variable can have: it is in binaryData" : "";
    place.at("key").error(`${missingKey(content, key)}${binary}`, keysHint(content.variables));
  }
  return undefined;
}

const NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

function addSource(values: Values, scope: ContainerScope, source: EnvFromSource, place: Place): void {
  const content = sourceContent(scope, source, place);
  if (content === undefined) return;
  const skipped: string[] = [];
  for (const [key, bytes] of content.variables) {
    const name = `${source.prefix ?? ""}${key}`;
    if (!NAME.test(name) || name === "." || name.startsWith("..")) {
      skipped.push(name);
      continue;
    }
    const value = decoded(bytes, name, place);
    if (value !== undefined) values.set(name, value);
  }
  if (skipped.length > 0) {
    const keys = skipped.sort().map(quote).join(", ");
    place.warn(`keys of ${content.title} that are no names of variables are left out: ${keys}`);
  }
}

function sourceContent(
  scope: ContainerScope,
  { configMapRef, secretRef }: EnvFromSource,
  place: Place,
): Content | undefined {
  if (configMapRef !== undefined) {
    const { name = "", optional } = configMapRef;
    return findContent(scope, place.at("configMapRef", "name"), { kind: "ConfigMap", name, optional });
  }
  if (secretRef === undefined) return undefined;
  const { name = "", optional } = secretRef;
  return findContent(scope, place.at("secretRef", "name"), { kind: "Secret", name, optional });
}

function decoded(bytes: Uint8Array, variable: string, place: Place): Value | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const whole = sound(text, variable, place);
    return whole === undefined ? undefined : { text: whole };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    place.error(`the value for ${quote(variable)} is no text (UTF-8)`, "mount it as a volume instead");
    return undefined;
  }
}

/** The kernel ends a variable at its first NUL. */
function sound(text: string, variable: string, place: Place): string | undefined {
  if (!text.includes("\0")) return text;
  place.error(
    `the value for ${quote(variable)} has a NUL byte, which no variable can hold`,
    "mount it as a volume instead",
  );
  return undefined;
}
