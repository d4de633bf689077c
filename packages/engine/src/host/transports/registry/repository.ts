/** One repository of one registry over the OCI distribution API. */
import { ACCEPTED_MANIFESTS, bareMediaType } from "@podwright/spec/distribution/media-types";
import { type Reference, repositoryOf } from "@podwright/spec/distribution/reference";
import type { Descriptor } from "@podwright/spec/oci-image/types";
import type { ManifestBytes } from "../../../ports/image-source.ts";
import { downloadBlob } from "./blob-download.ts";
import type { Credentials } from "./credentials.ts";
import { RegistrySession } from "./session.ts";
import { readBounded, type Transport } from "./transport.ts";

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
  blob({ digest, size }: Descriptor): AsyncGenerator<Uint8Array> {
    const path = this.#path(`blobs/${digest}`);
    return downloadBlob({
      url: this.#session.url(path),
      size,
      request: (offset, signal) =>
        this.#session.request(path, {
          headers: offset === 0 ? {} : { Range: `bytes=${offset}-` },
          signal,
          // Who has just sent us half of it may be starting anew.
          refused: offset > 0,
        }),
      refusal: (response) => this.#session.refusal(response, `fetching blob ${digest}`),
      transport: this.#session.transport,
    });
  }

  #path(rest: string): string {
    return `v2/${this.#reference.path}/${rest}`;
  }

  #get(rest: string, headers: Record<string, string>): Promise<Response> {
    return this.#session.request(this.#path(rest), { headers });
  }
}
