/** When an image is pulled, and with whose credentials. */
import type { PullPolicy, RegistryOptions } from "@podwright/spec/engine-api/images";
import { type Place, quote } from "./place.ts";
import { type Content, findContent } from "./references.ts";
import { type PodScope, specPlace } from "./scope.ts";

const POLICIES: Readonly<Record<string, PullPolicy>> = {
  Always: "always",
  IfNotPresent: "missing",
  Never: "never",
};

/**
 * What the manifest says; else an image that may have moved on is asked for anew, where it is named in full. A short
 * name is what the machine has, as Podman keeps it: whose `app:latest` would one ask?
 */
export function pullPolicy(image: string, asked: string | undefined): PullPolicy {
  const policy = POLICIES[asked ?? ""];
  if (policy !== undefined) return policy;
  return isCanonical(image) && isLatest(image) ? "newer" : "missing";
}

function isLatest(image: string): boolean {
  if (image.includes("@")) return false;
  const name = image.slice(image.lastIndexOf("/") + 1);
  return !name.includes(":") || name.endsWith(":latest");
}

function isCanonical(image: string): boolean {
  const [host = "", ...path] = image.split("/");
  if (path.length === 0 || !/[.:]|^localhost$/.test(host)) return false;
  // What Docker Hub calls `library` is left out in its short names only.
  return host !== "docker.io" || path.length > 1;
}

/** The registry's own place in the name; Docker Hub where none is named. */
function registryOf(image: string): string {
  const [host = "", ...path] = image.split("/");
  if (path.length > 0 && /[.:]|^localhost$/.test(host)) return image.replace(/@.*$/, "");
  return path.length === 0 ? `docker.io/library/${image}` : `docker.io/${image}`;
}

/** Those of `--creds` for all images, else the pull secret that fits best. */
export function registryFor(scope: PodScope, image: string): RegistryOptions {
  const { registry } = scope.request;
  if (registry.creds !== undefined) return registry;
  const reference = registryOf(image);
  const best = pullCredentials(scope)
    .filter(({ prefix }) => reference === prefix || reference.startsWith(`${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
  return best === undefined ? registry : { ...registry, creds: best.creds };
}

interface Credentials {
  /** "registry.example.com" or a path below it. */
  readonly prefix: string;
  /** "user:password" */
  readonly creds: string;
}

function pullCredentials(scope: PodScope): Credentials[] {
  const secrets = scope.workload.spec.imagePullSecrets ?? [];
  const place = specPlace(scope.workload).at("imagePullSecrets");
  return secrets.flatMap(({ name = "" }, i) => ofSecret(scope, name, place.at(i, "name")));
}

/** Kubernetes starts a pod without its pull secret too: a public image needs none. */
function ofSecret(scope: PodScope, name: string, place: Place): Credentials[] {
  const secret = findContent(scope, place, { kind: "Secret", name, optional: true });
  if (secret === undefined) {
    place.warn(`Secret ${quote(name)} not found: images are pulled without it`);
    return [];
  }
  const credentials = parseSecret(secret);
  if (credentials !== undefined) return credentials;
  place.error(
    `${secret.title} holds no registry credentials`,
    "its type must be kubernetes.io/dockerconfigjson, with the key .dockerconfigjson",
  );
  return [];
}

function parseSecret({ type, files }: Content): Credentials[] | undefined {
  const config = parseJson(files.get(".dockerconfigjson"));
  if (type === "kubernetes.io/dockerconfigjson")
    return isRecord(config) ? ofAuths(config["auths"]) : undefined;
  return type === "kubernetes.io/dockercfg" ? ofAuths(parseJson(files.get(".dockercfg"))) : undefined;
}

function ofAuths(auths: unknown): Credentials[] | undefined {
  if (!isRecord(auths)) return undefined;
  return Object.entries(auths).flatMap(([key, entry]) => {
    const creds = isRecord(entry) ? credsOf(entry) : undefined;
    return creds === undefined ? [] : [{ prefix: prefixOf(key), creds }];
  });
}

function credsOf({ auth, username, password }: Record<string, unknown>): string | undefined {
  if (typeof auth === "string" && auth !== "") {
    const text = Buffer.from(auth, "base64").toString("utf8");
    return text.includes(":") ? text : undefined;
  }
  return typeof username === "string" && typeof password === "string" ? `${username}:${password}` : undefined;
}

/** "https://index.docker.io/v1/" is how Docker has always written its own registry. */
function prefixOf(key: string): string {
  const bare = key
    .replace(/^https?:\/\//, "")
    .replace(/\/(v[12]\/?)?$/, "")
    .replace(/\/+$/, "");
  return bare === "index.docker.io" || bare === "registry-1.docker.io" ? "docker.io" : bare;
}

function parseJson(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
