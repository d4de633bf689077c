/** One repository of one registry over the OCI distribution API. */
import { ACCEPTED_MANIFESTS, bareMediaType } from "@podwright/spec/distribution/media-types";
import { type Reference, repositoryOf } from "@podwright/spec/distribution/reference";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor } from "@podwright/spec/oci-image/types";
import type { ManifestBytes } from "../../../ports/image-source.ts";
import type { Credentials } from "./credentials.ts";
import { connectionFailure, isAbort, isPassing } from "./failures.ts";
import { RegistrySession } from "./session.ts";
import { bodyOf, readBounded, type Transport } from "./transport.ts";

/** As in Podman: a manifest is read into memory, so its size is bounded. */
const MANIFEST_LIMIT = 4 << 20;
const MAX_TAG_PAGES = 1000;

export interface RepositoryOptions {
  readonly reference: Reference;
  /** HTTP may be tried after HTTPS. */
  readonly insecure: boolean;
  readonly transport: Transport;
  readonly credentials: Credentials | undefined;
}

export class Repository {
  readonly #session: RegistrySession;
  readonly #reference: Reference;

  private constructor(session: RegistrySession, reference: Reference) {
    this.#session = session;
    this.#reference = reference;
  }

  /** @throws REGISTRY_UNAVAILABLE, REGISTRY_UNAUTHORIZED */
  static async connect({
    reference,
    insecure,
    transport,
    credentials,
  }: RepositoryOptions): Promise<Repository> {
    const session = await RegistrySession.connect({
      domain: reference.domain,
      insecure,
      transport,
      credentials,
      scopes: [`repository:${reference.path}:pull`],
    });
    return new Repository(session, reference);
  }

  /** @throws REGISTRY_MANIFEST_UNKNOWN, REGISTRY_UNAUTHORIZED */
  async manifest(tagOrDigest: string): Promise<ManifestBytes> {
    const what = `reading manifest ${tagOrDigest} in ${repositoryOf(this.#reference)}`;
    const response = await this.#get(`manifests/${tagOrDigest}`, { Accept: ACCEPTED_MANIFESTS.join(", ") });
    if (response.status !== 200) throw await this.#session.refusal(response, what);
    const bytes = await readBounded(response, MANIFEST_LIMIT);
    return { bytes, mediaType: bareMediaType(response.headers.get("content-type") ?? "") };
  }

  async tags(): Promise<string[]> {
    const what = `fetching tags list of ${repositoryOf(this.#reference)}`;
    const tags: string[] = [];
    let next: string | undefined = "tags/list";
    for (let page = 0; next !== undefined && page < MAX_TAG_PAGES; page++) {
      const response = await this.#get(next, { Accept: "application/json" });
      if (response.status !== 200) throw await this.#session.refusal(response, what);
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
    const url = new URL(target, this.#session.url(this.#path("tags/list")));
    return `tags/list${url.search}`;
  }

  /** The blob from its start. A connection that breaks is taken up again where it broke. */
  async *blob(descriptor: Descriptor): AsyncGenerator<Uint8Array> {
    const { transport } = this.#session;
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
            : connectionFailure(this.#session.url(this.#path(`blobs/${descriptor.digest}`)), error);
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
    throw await this.#session.refusal(response, `fetching blob ${descriptor.digest}`);
  }

  #path(rest: string): string {
    return `v2/${this.#reference.path}/${rest}`;
  }

  #get(rest: string, headers: Record<string, string>): Promise<Response> {
    return this.#session.request(this.#path(rest), { headers });
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
