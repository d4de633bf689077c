/** ConfigMaps and Secrets by name: those of the stream, those of `--configmap`, those of earlier plays. */
import type { ConfigMap, Secret } from "@podwright/spec/kube/types";
import type { ManifestObject } from "../manifest.ts";
import type { PlayFacts } from "../play-plan.ts";
import { type Place, quote } from "./place.ts";
import type { PodScope } from "./scope.ts";

export interface Content {
  /** As messages call it: `ConfigMap "x"`. */
  readonly title: string;
  /** By key: what a volume of it holds. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** By key: what environment variables can be made of. */
  readonly variables: ReadonlyMap<string, Uint8Array>;
  /** Of the stream. */
  readonly object?: ManifestObject;
  readonly type?: string;
}

export type ReferenceKind = "ConfigMap" | "Secret";

export interface References {
  readonly configMap: (name: string) => Content | undefined;
  /** `unreadable`: there is one, and it holds no Kubernetes Secret. */
  readonly secret: (name: string) => Content | "unreadable" | undefined;
}

export interface ReferenceSources {
  readonly objects: readonly ManifestObject[];
  readonly configMaps: readonly ManifestObject[];
  readonly facts: PlayFacts;
}

export function collectReferences({ objects, configMaps, facts }: ReferenceSources): References {
  const maps = new Map<string, Content>();
  const secrets = new Map<string, Content | "unreadable" | undefined>();
  for (const object of configMaps) maps.set(object.name, configMapContent(object));
  for (const object of objects) {
    if (object.kind === "ConfigMap") maps.set(object.name, { ...configMapContent(object), object });
    if (object.kind === "Secret") secrets.set(object.name, secretContent(object));
  }
  return {
    configMap: (name) => maps.get(name),
    secret: (name) => {
      if (!secrets.has(name)) secrets.set(name, storedSecret(name, facts.secret(name)));
      return secrets.get(name);
    },
  };
}

interface Wanted {
  readonly kind: ReferenceKind;
  readonly name: string;
  readonly optional: boolean | undefined;
}

/** Undefined when there is none: an error unless it is optional. */
export function findContent(scope: PodScope, place: Place, wanted: Wanted): Content | undefined {
  const { kind, name, optional } = wanted;
  const { references } = scope;
  const found = kind === "ConfigMap" ? references.configMap(name) : references.secret(name);
  if (found === "unreadable") {
    place.error(
      `secret ${quote(name)} holds no Kubernetes Secret`,
      "make it by a manifest of kind Secret; a secret of plain text has no keys",
    );
    return undefined;
  }
  if (found !== undefined) {
    if (found.object !== undefined) scope.used.add(found.object);
    return found;
  }
  if (optional !== true) place.error(`${kind} ${quote(name)} not found`, missingHint(kind, name));
  return undefined;
}

export function missingKey(content: Content, key: string): string {
  return `${content.title} has no key ${quote(key)}`;
}

export function keysHint(keys: ReadonlyMap<string, unknown>): string {
  const known = [...keys.keys()].sort();
  return known.length === 0 ? "it has no keys at all" : `its keys are: ${known.join(", ")}`;
}

function missingHint(kind: ReferenceKind, name: string): string {
  const define = `define a ${kind} named ${quote(name)} in the same file`;
  return kind === "ConfigMap"
    ? `${define} or give it by --configmap, or set optional: true`
    : `${define} or play it first, or set optional: true`;
}

function configMapContent(object: ManifestObject): Content {
  const { data = {}, binaryData = {} } = object.data as unknown as ConfigMap;
  const variables = new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const));
  const files = new Map<string, Uint8Array>([...variables, ...decodeAll(binaryData)]);
  return { title: `ConfigMap ${quote(object.name)}`, files, variables };
}

function secretContent(object: ManifestObject): Content {
  const { data = {}, stringData = {}, type } = object.data as unknown as Secret;
  const files = new Map<string, Uint8Array>(decodeAll(data));
  for (const [key, text] of Object.entries(stringData)) files.set(key, Buffer.from(text));
  const title = `Secret ${quote(object.name)}`;
  return { title, files, variables: files, object, ...(type === undefined ? {} : { type }) };
}

/** Values that are no base64 have been told by the reading. */
function decodeAll(data: Readonly<Record<string, string>>): [string, Uint8Array][] {
  return Object.entries(data).flatMap(([key, text]) => {
    const bytes = decodeBase64(text);
    return bytes === undefined ? [] : [[key, bytes] as [string, Uint8Array]];
  });
}

/** Line breaks are allowed within, as Go's decoder allows them. */
function decodeBase64(text: string): Uint8Array | undefined {
  const plain = text.replaceAll(/[\r\n]/g, "");
  const valid = plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain);
  return valid ? Buffer.from(plain, "base64") : undefined;
}

function storedSecret(name: string, bytes: Uint8Array | undefined): Content | "unreadable" | undefined {
  if (bytes === undefined) return undefined;
  const secret = parseStored(bytes);
  if (secret === undefined) return "unreadable";
  const files = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(secret.data)) {
    const decoded = decodeBase64(text);
    if (decoded === undefined) return "unreadable";
    files.set(key, decoded);
  }
  for (const [key, text] of Object.entries(secret.stringData)) files.set(key, Buffer.from(text));
  return { title: `secret ${quote(name)}`, files, variables: files, type: secret.type };
}

interface StoredSecret {
  readonly data: Readonly<Record<string, string>>;
  readonly stringData: Readonly<Record<string, string>>;
  readonly type: string;
}

function parseStored(bytes: Uint8Array): StoredSecret | undefined {
  const value = parseText(Buffer.from(bytes).toString("utf8"));
  if (!isRecord(value) || value["kind"] !== "Secret") return undefined;
  const data = texts(value["data"]);
  const stringData = texts(value["stringData"]);
  if (data === undefined || stringData === undefined) return undefined;
  const type = typeof value["type"] === "string" ? value["type"] : "Opaque";
  return { data, stringData, type };
}

/** An earlier play wrote JSON; `secret create` may have been given the YAML itself. */
function parseText(text: string): unknown {
  try {
    return Bun.YAML.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function texts(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) return undefined;
  return Object.fromEntries(entries);
}
