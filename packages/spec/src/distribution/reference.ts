/** Image references: the grammar of the distribution project and Docker's rules for what is left out. */
import { EngineError } from "../errors/engine-error.ts";
import { isDigest } from "./digest.ts";

/** A full name: `docker.io/library/nginx`, with a tag, a digest, both or neither. */
export interface Reference {
  /** Host and port: "docker.io", "localhost:5000". */
  readonly domain: string;
  /** "library/nginx" */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

const ALNUM = "[a-z0-9]+";
const SEPARATOR = "(?:[._]|__|-+)";
const COMPONENT = `${ALNUM}(?:${SEPARATOR}${ALNUM})*`;
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const TAG = /^\w[\w.-]{0,127}$/;
const NAME_LIMIT = 255;
const FULL_ID = /^[a-f0-9]{64}$/;

const DEFAULT_DOMAIN = "docker.io";
const OLD_DEFAULT_DOMAIN = "index.docker.io";

/**
 * Reads a reference as Docker does: `nginx` is docker.io/library/nginx. No tag is added.
 * @throws IMAGE_REFERENCE_INVALID
 */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = splitSuffixes(text);
  if (FULL_ID.test(text)) {
    throw invalid(text, `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { domain, path } = splitDomain(name);
  if (!DOMAIN.test(domain) || !PATH.test(path)) {
    const lower = path.toLowerCase();
    const onlyCase = DOMAIN.test(domain) && lower !== path && PATH.test(lower);
    throw invalid(text, onlyCase ? "repository name must be lowercase" : "invalid reference format");
  }
  if (path.length > NAME_LIMIT) {
    throw invalid(text, `repository name must not be more than ${NAME_LIMIT} characters`);
  }
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** True for names that leave the registry out: they are looked up in registries.conf. */
export function isShortName(text: string): boolean {
  const { name } = splitSuffixes(text);
  const slash = name.indexOf("/");
  if (slash === -1) return true;
  const first = name.slice(0, slash);
  return !/[.:]/.test(first) && first !== "localhost";
}

/** `:latest` where neither a tag nor a digest stands. */
export function withDefaultTag(reference: Reference): Reference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return { ...reference, tag: "latest" };
}

/** Podman's way with `name:tag@digest`: the digest alone decides, the tag is dropped. */
export function withoutTagIfDigested(reference: Reference): Reference {
  if (reference.digest === undefined || reference.tag === undefined) return reference;
  return { domain: reference.domain, path: reference.path, digest: reference.digest };
}

/** "docker.io/library/nginx" */
export function repositoryOf(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${repositoryOf(reference)}${tag}${digest}`;
}

export interface NameParts {
  /** What stands before tag and digest, as typed. */
  readonly name: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Takes tag and digest off a name that may be short. @throws IMAGE_REFERENCE_INVALID */
export function splitSuffixes(text: string): NameParts {
  const at = text.indexOf("@");
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const rest = at === -1 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(":");
  const tagged = colon > rest.lastIndexOf("/");
  const tag = tagged ? rest.slice(colon + 1) : undefined;
  const name = tagged ? rest.slice(0, colon) : rest;
  if (name === "" || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !isDigest(digest))) {
    throw invalid(text, "invalid reference format");
  }
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, slash);
  const isDomain =
    slash !== -1 && (/[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first);
  const given = isDomain ? first : DEFAULT_DOMAIN;
  const domain = given === OLD_DEFAULT_DOMAIN ? DEFAULT_DOMAIN : given;
  const path = isDomain ? name.slice(slash + 1) : name;
  if (domain === DEFAULT_DOMAIN && !path.includes("/")) return { domain, path: `library/${path}` };
  return { domain, path };
}

function invalid(text: string, reason: string): EngineError {
  return new EngineError("IMAGE_REFERENCE_INVALID", `parsing reference ${JSON.stringify(text)}: ${reason}`);
}
