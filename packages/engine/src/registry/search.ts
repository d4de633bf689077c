/** `search`: repositories of registries by a word, and the tags of one repository. */
import { parseReference, repositoryOf } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import type { SearchRequest, SearchResult, TagsResult } from "@podwright/spec/engine-api/registries";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { FoundRepository } from "../ports/registry-client.ts";
import type { RegistryContext } from "./context.ts";

/** Of each registry, where nothing else is asked for. */
const DEFAULT_LIMIT = 25;

/** One registry that answers is enough; only when none finds anything do failures count. @throws CLI_USAGE */
export async function searchImages(
  ctx: RegistryContext,
  request: SearchRequest,
  signal?: AbortSignal,
): Promise<SearchResult[]> {
  const matches = compileFilters(request.filters);
  const { registries, word } = whereToLook(ctx, request.term);
  const limit = limitOf(request);
  const answers = await Promise.allSettled(
    registries.map(async (registry) => {
      const found = await ctx.client.search(registry, { text: word, limit }, clientOptions(request, signal));
      return found
        .slice(0, limit)
        .filter(matches)
        .map((entry) => resultOf(registry, entry));
    }),
  );
  const results = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (results.length > 0) return results;
  const failures: unknown[] = answers.flatMap((answer) =>
    answer.status === "rejected" ? [answer.reason] : [],
  );
  if (failures.length > 0) throw joined(failures);
  return [];
}

export async function listTags(
  ctx: RegistryContext,
  request: SearchRequest,
  signal?: AbortSignal,
): Promise<TagsResult> {
  const { registries, word } = whereToLook(ctx, request.term);
  const failures: unknown[] = [];
  for (const registry of registries) {
    const reference = parseReference(`${registry}/${word}`);
    try {
      const tags = await ctx.client.tags(reference, clientOptions(request, signal));
      return { name: repositoryOf(reference), tags: tags.slice(0, limitOf(request)) };
    } catch (error) {
      if (!isEngineError(error) || error.code === "CANCELED") throw error;
      failures.push(
        new EngineError(error.code, `getting repository tags: ${error.message}`, {
          cause: error,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        }),
      );
    }
  }
  throw joined(failures);
}

/** What stands before the first slash is a registry: the rest may be anything, a part of a name or nothing. */
function whereToLook(ctx: RegistryContext, term: string): { registries: readonly string[]; word: string } {
  const slash = term.indexOf("/");
  if (slash > 0) return { registries: [term.slice(0, slash)], word: term.slice(slash + 1) };
  const registries = ctx.searchRegistries();
  if (registries.length > 0) return { registries, word: term };
  throw new EngineError(
    "REGISTRY_NAME_INVALID",
    "no registries found in registries.conf, a registry must be provided",
  );
}

function limitOf({ limit }: SearchRequest): number {
  return limit === undefined || limit === 0 ? DEFAULT_LIMIT : limit;
}

function clientOptions(
  { authFile, creds, certDir, tlsVerify }: SearchRequest,
  signal: AbortSignal | undefined,
): { registry: RegistryOptions; signal?: AbortSignal } {
  const registry: RegistryOptions = {
    ...(authFile === undefined ? {} : { authFile }),
    ...(creds === undefined ? {} : { creds }),
    ...(certDir === undefined ? {} : { certDir }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
  };
  return { registry, ...(signal === undefined ? {} : { signal }) };
}

function resultOf(registry: string, entry: FoundRepository): SearchResult {
  const official = registry === "docker.io" && !entry.name.includes("/");
  const { description, stars, automated } = entry;
  return {
    index: registry,
    name: official ? `docker.io/library/${entry.name}` : `${registry}/${entry.name}`,
    description: description.replaceAll("\n", " "),
    stars,
    official: entry.official,
    automated,
  };
}

type Test = (entry: FoundRepository) => boolean;

/** @throws CLI_USAGE */
function compileFilters(filters: SearchRequest["filters"]): Test {
  const tests: Test[] = [];
  for (const [key, values] of Object.entries(filters)) {
    for (const value of values) tests.push(compileOne(key, value));
  }
  return (entry) => tests.every((test) => test(entry));
}

function compileOne(key: string, value: string): Test {
  switch (key) {
    case "stars": {
      if (!/^\d+$/.test(value))
        throw usage(`incorrect value type for stars filter: ${JSON.stringify(value)} is no number`);
      return ({ stars }) => stars >= Number(value);
    }
    case "is-official": {
      const wanted = flag(value);
      return ({ official }) => official === wanted;
    }
    case "is-automated": {
      const wanted = flag(value);
      return ({ automated }) => automated === wanted;
    }
    default:
      throw usage(`invalid filter type ${JSON.stringify(key)}`);
  }
}

/** The name alone says yes. */
function flag(value: string): boolean {
  return value !== "false";
}

function joined(failures: readonly unknown[]): unknown {
  const [first] = failures;
  const errors = failures.filter((error) => isEngineError(error));
  if (failures.length === 1 || errors.length !== failures.length) return first;
  const lines = errors.map(({ message }) => `\t* ${message}`).join("\n");
  return new EngineError("REGISTRY_UNAVAILABLE", `${errors.length} errors occurred:\n${lines}`, {
    cause: first,
  });
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}
