/** One repository of one registry over the OCI distribution API. */
import { ACCEPTED_MANIFESTS, bareMediaType } from "@podwright/spec/distribution/media-types";
import { type Reference, repositoryOf } from "@podwright/spec/distribution/reference";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor } from "@podwright/spec/oci-image/types";
import type { ManifestBytes } from "../../../ports/image-source.ts";
import { authorize, parseChallenges } from "./authorization.ts";
import type { Credentials } from "./credentials.ts";
import { connectionFailure, isAbort, isPassing, registryMessage } from "./failures.ts";
import { bodyOf, readBounded, type Transport } from "./transport.ts";

/** As in Podman: a manifest is read into memory, so its size is bounded. */
const MANIFEST_LIMIT = 4 << 20;
const ERROR_LIMIT = 1 << 16;
const MAX_TAG_PAGES = 1000;

/** Docker Hub's API has another name than its images. */
const API_HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

export interface RepositoryOptions {
  readonly reference: Reference;
  /** HTTP may be tried after HTTPS. */
  readonly insecure: boolean;
  readonly transport: Transport;
  readonly credentials: Credentials | undefined;
}

export class Repository {
  readonly #options: RepositoryOptions;
  readonly #path: string;
  #base = "";
  #authorization: string | undefined;

  private constructor(options: RepositoryOptions) {
    this.#options = options;
    this.#path = options.reference.path;
  }

  /** Finds out how the registry speaks and what it wants to know. @throws REGISTRY_UNAVAILABLE, REGISTRY_UNAUTHORIZED */
  static async connect(options: RepositoryOptions): Promise<Repository> {
    const repository = new Repository(options);
    await repository.#ping();
    return repository;
  }

  async #ping(): Promise<void> {
    const { reference, insecure, transport, credentials } = this.#options;
    const host = API_HOSTS[reference.domain] ?? reference.domain;
    const schemes = insecure ? ["https", "http"] : ["https"];
    let failure: unknown;
    for (const scheme of schemes) {
      this.#base = `${scheme}://${host}`;
      try {
        const response = await transport.send({ url: `${this.#base}/v2/`, headers: {} });
        await response.body?.cancel();
        if (response.status !== 200 && response.status !== 401) {
          const status = `${response.status} (${response.statusText})`;
          throw new EngineError("REGISTRY_UNAVAILABLE", `StatusCode: ${status}`);
        }
        const challenges =
          response.status === 401 ? parseChallenges(response.headers.get("www-authenticate")) : [];
        this.#authorization = await authorize(transport, challenges, this.#path, credentials);
        return;
      } catch (error) {
        if (isEngineError(error, "CANCELED", "REGISTRY_UNAUTHORIZED")) throw error;
        // What HTTPS said counts: that HTTP failed too tells nothing.
        failure ??= error;
      }
    }
    throw prefixed(`pinging container registry ${host}`, failure);
  }

  /** @throws REGISTRY_MANIFEST_UNKNOWN, REGISTRY_UNAUTHORIZED */
  async manifest(tagOrDigest: string): Promise<ManifestBytes> {
    const what = `reading manifest ${tagOrDigest} in ${repositoryOf(this.#options.reference)}`;
    const response = await this.#get(`manifests/${tagOrDigest}`, { Accept: ACCEPTED_MANIFESTS.join(", ") });
    if (response.status !== 200) throw await this.#refusal(response, what);
    const bytes = await readBounded(response, MANIFEST_LIMIT);
    return { bytes, mediaType: bareMediaType(response.headers.get("content-type") ?? "") };
  }

  async tags(): Promise<string[]> {
    const what = `fetching tags list of ${repositoryOf(this.#options.reference)}`;
    const tags: string[] = [];
    let next: string | undefined = "tags/list";
    for (let page = 0; next !== undefined && page < MAX_TAG_PAGES; page++) {
      const response = await this.#get(next, { Accept: "application/json" });
      if (response.status !== 200) throw await this.#refusal(response, what);
      const body = Buffer.from(await readBounded(response, MANIFEST_LIMIT)).toString("utf8");
      const listed = (JSON.parse(body) as { tags?: unknown }).tags;
      if (Array.isArray(listed)) tags.push(...listed.filter((tag) => typeof tag === "string"));
      next = this.#nextPage(response.headers.get("link"));
    }
    return tags;
  }

  /** `Link: </v2/…?last=x>; rel="next"`; only this repository's own list is followed. */
  #nextPage(link: string | null): string | undefined {
    const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
    if (target === undefined) return undefined;
    const url = new URL(target, `${this.#base}/v2/${this.#path}/tags/list`);
    return `tags/list${url.search}`;
  }

  /** The blob from its start. A connection that breaks is taken up again where it broke. */
  async *blob(descriptor: Descriptor): AsyncGenerator<Uint8Array> {
    const { transport } = this.#options;
    let received = 0;
    for (let attempt = 0; ; attempt++) {
      const before = received;
      try {
        for await (const chunk of await this.#blobFrom(descriptor, received)) {
          received += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        if (isAbort(error) || transport.watch.signal?.aborted === true)
          throw new EngineError("CANCELED", "the request was canceled", { cause: error });
        // Attempts count between gains: a long download may break often.
        if (received > before) attempt = 0;
        if (!isPassing(error) || attempt >= transport.retry.retries) {
          throw error instanceof EngineError
            ? error
            : connectionFailure(this.#url(`blobs/${descriptor.digest}`), error);
        }
        await transport.pause(attempt, `connection lost after ${received} bytes`);
      }
    }
  }

  async #blobFrom(descriptor: Descriptor, offset: number): Promise<AsyncIterable<Uint8Array>> {
    const headers = offset === 0 ? {} : { Range: `bytes=${offset}-` };
    const response = await this.#get(`blobs/${descriptor.digest}`, headers);
    if (response.status === 206 && offset > 0) return bodyOf(response);
    if (response.status === 200) return offset === 0 ? bodyOf(response) : skipping(bodyOf(response), offset);
    throw await this.#refusal(response, `fetching blob ${descriptor.digest}`);
  }

  #url(rest: string): string {
    return `${this.#base}/v2/${this.#path}/${rest}`;
  }

  async #get(rest: string, headers: Record<string, string>): Promise<Response> {
    const { transport, credentials } = this.#options;
    const send = (): Promise<Response> =>
      transport.send({
        url: this.#url(rest),
        headers: {
          ...headers,
          ...(this.#authorization === undefined ? {} : { Authorization: this.#authorization }),
        },
      });
    const response = await send();
    // Tokens live for minutes, a pull may take longer; and some registries challenge only here.
    if (response.status !== 401) return response;
    const challenges = parseChallenges(response.headers.get("www-authenticate"));
    const renewed = await authorize(transport, challenges, this.#path, credentials);
    if (renewed === undefined || (renewed === this.#authorization && renewed.startsWith("Basic ")))
      return response;
    await response.body?.cancel();
    this.#authorization = renewed;
    return await send();
  }

  async #refusal(response: Response, what: string): Promise<EngineError> {
    const body = await readBounded(response, ERROR_LIMIT).catch(() => new Uint8Array());
    const said = registryMessage(Buffer.from(body).toString("utf8"));
    const text = said?.text ?? `StatusCode: ${response.status} (${response.statusText})`;
    if (response.status === 404) return new EngineError("REGISTRY_MANIFEST_UNKNOWN", `${what}: ${text}`);
    if (response.status === 401 || response.status === 403) {
      const denied = said?.code === "DENIED" ? "requested access to the resource is denied" : text;
      const hint = `log in to ${this.#options.reference.domain}, or check the name: registries deny what does not exist`;
      return new EngineError("REGISTRY_UNAUTHORIZED", `${what}: ${denied}`, { hint });
    }
    return new EngineError("REGISTRY_UNAVAILABLE", `${what}: ${text}`);
  }
}

async function* skipping(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield chunk.subarray(left);
      left = 0;
    }
  }
}

/** The same failure with what was being done before it. */
export function prefixed(what: string, error: unknown): unknown {
  if (!isEngineError(error)) return error;
  return new EngineError(error.code, `${what}: ${error.message}`, {
    cause: error,
    details: error.details,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
