/** `--filter` of image lists and of prune: libimage's keys and rules. */
import { formatReference, parseReference, repositoryOf } from "@podwright/spec/distribution/reference";
import type { Filters } from "@podwright/spec/engine-api/common";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import type { Family } from "./family.ts";
import { findImage } from "./resolve.ts";
import { createdOf, isDangling } from "./summary.ts";
import { parseTimestamp } from "@podwright/spec/values/timestamp";

export type ImageTest = (image: ImageRecord) => boolean;

type Context = Pick<ImageContext, "store" | "names" | "clock">;

/** All keys must hold, and all values of a key; of wanted references one is enough. @throws CLI_USAGE */
export function compileFilters(ctx: Context, filters: Filters, family: Family): ImageTest {
  const tests: ImageTest[] = [];
  for (const [key, values] of Object.entries(filters)) {
    const negated = key.endsWith("!");
    const bare = negated ? key.slice(0, -1) : key;
    if (bare === "reference") {
      const matches = values.map((value) => referenceTest(ctx, value));
      const any: ImageTest = (image) => matches.some((test) => test(image));
      tests.push(negated ? (image) => !any(image) : any);
      continue;
    }
    if (SINGLE.has(bare) && new Set(values).size > 1) {
      throw usage(
        `specifying ${JSON.stringify(bare)} filter more than once with different values is not supported`,
      );
    }
    for (const value of values) {
      const test = compileOne(ctx, bare, value, family);
      tests.push(negated ? (image) => !test(image) : test);
    }
  }
  return (image) => tests.every((test) => test(image));
}

const SINGLE = new Set(["containers", "dangling", "intermediate", "readonly", "manifest"]);

function compileOne(ctx: Context, key: string, value: string, family: Family): ImageTest {
  switch (key) {
    case "after":
    case "since": {
      const limit = createdOf(imageOf(ctx, key, value));
      return (image) => createdOf(image) > limit;
    }
    case "before": {
      const limit = createdOf(imageOf(ctx, key, value));
      return (image) => createdOf(image) < limit;
    }
    case "until": {
      const limit = parseTimestamp(value, ctx.clock.now());
      return (image) => createdOf(image) < limit;
    }
    case "containers":
      return containersTest(ctx, value);
    case "dangling": {
      const wanted = flag(key, value);
      return (image) => isDangling(image, family) === wanted;
    }
    case "intermediate": {
      const wanted = flag(key, value);
      return (image) => (image.names.length === 0 && family.hasChildren(image)) === wanted;
    }
    case "readonly":
    case "manifest": {
      // There are neither read-only stores nor manifest lists here.
      const wanted = flag(key, value);
      return () => !wanted;
    }
    case "id": {
      const prefix = value.replace(/^sha256:/, "");
      return (image) => image.id.startsWith(prefix);
    }
    case "digest":
      return digestTest(value);
    case "label":
      return labelTest(value);
    default:
      throw usage(
        `invalid image filter ${JSON.stringify(key)}: must be in the format "filter=value or filter!=value"`,
      );
  }
}

function imageOf(ctx: Context, key: string, value: string): ImageRecord {
  const found = findImage(ctx, value);
  if (found !== undefined) return found.image;
  throw new EngineError(
    "IMAGE_NOT_KNOWN",
    `could not find local image for filter ${JSON.stringify(key)}=${JSON.stringify(value)}: ${value}: image not known`,
  );
}

function containersTest(ctx: Context, value: string): ImageTest {
  // No other engine keeps containers in this store.
  if (value === "external") return () => false;
  if (value !== "true" && value !== "false")
    throw usage(`unsupported value ${JSON.stringify(value)} for containers filter`);
  return (image) => ctx.store.containers.usingImage(image.id).length > 0 === (value === "true");
}

function digestTest(value: string): ImageTest {
  if (!value.startsWith("sha256:")) throw usage(`invalid value ${JSON.stringify(value)} for digest filter`);
  return (image) => {
    const digests = [image.digest, ...image.repoDigests.map((name) => name.slice(name.indexOf("@") + 1))];
    return digests.some((digest) => digest.startsWith(value));
  };
}

/** `key` or `key=value`, both with `*`. */
function labelTest(value: string): ImageTest {
  const equals = value.indexOf("=");
  const key = globTest(equals === -1 ? value : value.slice(0, equals), /[^]/);
  const wanted = equals === -1 ? undefined : globTest(value.slice(equals + 1), /[^]/);
  return (image) =>
    Object.entries(image.config.config?.Labels ?? {}).some(
      ([name, content]) => key(name) && (wanted === undefined || wanted(content)),
    );
}

function referenceTest(ctx: Context, value: string): ImageTest {
  const exact = lookUp(ctx, value);
  const glob = globTest(value, /[^/]/);
  return (image) => image.id === exact || image.names.some((name) => spellings(name).some(glob));
}

function lookUp(ctx: Context, value: string): string | undefined {
  try {
    return findImage(ctx, value)?.image.id;
  } catch (error) {
    // A pattern need be no name.
    if (isEngineError(error, "IMAGE_NOT_KNOWN", "IMAGE_AMBIGUOUS", "IMAGE_REFERENCE_INVALID"))
      return undefined;
    throw error;
  }
}

/** Whole, without the host, last part only; each with and without tag or digest. */
function spellings(name: string): string[] {
  const reference = parseReference(name);
  const full = formatReference(reference);
  const repository = repositoryOf(reference);
  const suffix = full.slice(repository.length);
  const last = repository.slice(repository.lastIndexOf("/") + 1);
  return [full, repository, reference.path, `${reference.path}${suffix}`, last, `${last}${suffix}`];
}

/** Go's path.Match: `*` and `?` stand for `any`, `[a-z]` for a class, `\` takes the next character as it is. */
function globTest(pattern: string, any: RegExp): (text: string) => boolean {
  const tokens = /\\([^])|(\*)|(\?)|\[(\^?)((?:\\[^]|[^\]\\])+)\]|([^])/g;
  let source = "";
  for (const match of pattern.matchAll(tokens)) {
    const [, escaped, star, question, negate, set, plain] = match;
    if (star !== undefined) source += `${any.source}*`;
    else if (question !== undefined) source += any.source;
    else if (set !== undefined) source += `[${negate ?? ""}${set.replaceAll("[", "\\[")}]`;
    else source += RegExp.escape(escaped ?? plain ?? "");
  }
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

function flag(key: string, value: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw usage(`non-boolean value ${JSON.stringify(value)} for ${key} filter: invalid syntax`);
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}
