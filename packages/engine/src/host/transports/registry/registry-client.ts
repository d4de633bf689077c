/** What is asked of a registry as a whole: whether it takes credentials, and which repositories it has. */
import type { Reference } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { RegistryCredentials } from "../../../ports/credential-store.ts";
import type {
  FoundRepository,
  RegistryClient,
  RegistryClientOptions,
  SearchQuery,
} from "../../../ports/registry-client.ts";
import type { RegistryConfiguration } from "../../../ports/registry-config.ts";
import { listTags, reach, type RegistryAccess } from "./registry-source.ts";
import { prefixed, RegistrySession } from "./session.ts";
import { readBounded } from "./transport.ts";

const ANSWER_LIMIT = 16 << 20;
const MAX_PAGES = 1000;
/** Its catalogue is closed, and its search has a host of its own. */
const DOCKER_HUB = "docker.io";
const DOCKER_HUB_SEARCH = "https://index.docker.io/";

export class HttpRegistryClient implements RegistryClient {
  readonly #configuration: RegistryConfiguration;

  constructor(configuration: RegistryConfiguration) {
    this.#configuration = configuration;
  }

  async check(
    domain: string,
    { username, password }: RegistryCredentials,
    options: RegistryClientOptions,
  ): Promise<void> {
    const registry: RegistryOptions = { ...options.registry, creds: `${username}:${password}` };
    const session = await this.#connect(domain, [], { ...options, registry });
    const response = await session.request("v2/");
    if (response.status !== 200)
      throw await session.refusal(response, `pinging container registry ${domain}`);
    await response.body?.cancel();
  }

  async search(
    domain: string,
    query: SearchQuery,
    options: RegistryClientOptions,
  ): Promise<FoundRepository[]> {
    try {
      const session = await this.#connect(domain, ["registry:catalog:*"], options);
      const found = query.text === "" ? undefined : await searchFirstVersion(session, domain, query);
      return found ?? (await searchCatalogue(session, query));
    } catch (error) {
      throw prefixed(`couldn't search registry ${JSON.stringify(domain)}`, error);
    }
  }

  tags(reference: Reference, options: RegistryClientOptions): Promise<string[]> {
    return listTags(reference, this.#access(options));
  }

  async #connect(
    domain: string,
    scopes: readonly string[],
    options: RegistryClientOptions,
  ): Promise<RegistrySession> {
    // Whether a registry is insecure is asked of any name that lies in it; credentials are the registry's own.
    const reference: Reference = { domain, path: "" };
    const place = this.#configuration.pullSources({ domain, path: "x" }).at(-1);
    const reached = await reach({ reference, insecure: place?.insecure ?? false }, this.#access(options));
    return await RegistrySession.connect({ domain, scopes, ...reached });
  }

  #access({ registry, signal }: RegistryClientOptions): RegistryAccess {
    return {
      configuration: this.#configuration,
      options: registry,
      watch: signal === undefined ? {} : { signal },
    };
  }
}

/** Docker's old search, which still answers best where it answers: undefined elsewhere. */
async function searchFirstVersion(
  session: RegistrySession,
  domain: string,
  { text, limit }: SearchQuery,
): Promise<FoundRepository[] | undefined> {
  const isHub = domain === DOCKER_HUB;
  const q = isHub ? text.replace(/^library\//, "") : text;
  const query = new URLSearchParams({ q, n: String(limit) });
  const path = `v1/search?${query.toString()}`;
  let response: Response;
  try {
    const url = isHub ? `${DOCKER_HUB_SEARCH}${path}` : session.url(path);
    response = await session.transport.send({ url, headers: { Accept: "application/json" }, once: true });
  } catch (error) {
    if (isEngineError(error, "REGISTRY_UNAVAILABLE")) return undefined;
    throw error;
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    return undefined;
  }
  const { results } = (await readJson(response)) as { results?: unknown };
  return Array.isArray(results) ? results.map(foundIn).filter(({ name }) => name !== "") : undefined;
}

function foundIn(entry: unknown): FoundRepository {
  const { name, description, star_count, is_official, is_automated } = (entry ?? {}) as Record<
    string,
    unknown
  >;
  return {
    name: typeof name === "string" ? name : "",
    description: typeof description === "string" ? description : "",
    stars: typeof star_count === "number" ? star_count : 0,
    official: is_official === true,
    automated: is_automated === true,
  };
}

/** All repositories, page by page, until enough of them match. */
async function searchCatalogue(
  session: RegistrySession,
  { text, limit }: SearchQuery,
): Promise<FoundRepository[]> {
  const exact: FoundRepository[] = [];
  const others: FoundRepository[] = [];
  let next: string | undefined = "v2/_catalog";
  for (let page = 0; next !== undefined && page < MAX_PAGES && exact.length + others.length < limit; page++) {
    const response = await session.request(next, { headers: { Accept: "application/json" } });
    if (response.status !== 200) throw await session.refusal(response, "reading its catalogue");
    const { repositories } = (await readJson(response)) as { repositories?: unknown };
    for (const name of Array.isArray(repositories) ? repositories : []) {
      if (typeof name !== "string" || !name.includes(text)) continue;
      const found = { name, description: "", stars: 0, official: false, automated: false };
      if (name === text) exact.push(found);
      else others.push(found);
    }
    next = nextPage(session, response);
  }
  return [...exact, ...others].slice(0, limit);
}

function nextPage(session: RegistrySession, response: Response): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
  if (target === undefined) return undefined;
  return `v2/_catalog${new URL(target, session.url("v2/_catalog")).search}`;
}

async function readJson(response: Response): Promise<unknown> {
  const text = Buffer.from(await readBounded(response, ANSWER_LIMIT)).toString("utf8");
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new EngineError("REGISTRY_UNAVAILABLE", `the answer is no JSON: ${cause.message}`, { cause });
  }
}
