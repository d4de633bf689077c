/** An image on its way into a registry: blobs that are there are not sent, the others go by streams. */
import {
  formatReference,
  parseReference,
  type Reference,
  repositoryOf,
} from "@podwright/spec/distribution/reference";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type {
  BlobId,
  ImageDestination,
  OutgoingBlob,
  OutgoingManifest,
} from "../../../ports/image-destination.ts";
import { outgoing } from "../outgoing-stream.ts";
import { isPassing } from "./failures.ts";
import { reach, type RegistryAccess } from "./registry-source.ts";
import { prefixed, RegistrySession } from "./session.ts";
import { isPassingStatus } from "./transport.ts";

/** Each costs two requests where it does not have the blob. */
const MAX_NEIGHBOURS = 3;

/** @throws what the registry said, with `initializing destination docker://…` before it. */
export async function openRegistryDestination(
  reference: Reference,
  access: RegistryAccess,
): Promise<ImageDestination> {
  const name = `docker://${formatReference(reference)}`;
  // Mirrors are for fetching: what is pushed goes to the registry itself.
  const place = access.configuration.pullSources(reference).at(-1) ?? { reference, insecure: false };
  const { path, domain } = place.reference;
  try {
    const session = await RegistrySession.connect({
      domain,
      scopes: [`repository:${path}:pull,push`],
      ...(await reach(place, access)),
    });
    return new RegistryDestination(name, session, place.reference);
  } catch (error) {
    throw prefixed(`initializing destination ${name}`, error);
  }
}

class RegistryDestination implements ImageDestination {
  readonly layers = "compressed";

  constructor(
    readonly name: string,
    private readonly session: RegistrySession,
    private readonly reference: Reference,
  ) {}

  async find(digest: string, otherRepositories: readonly string[]): Promise<number | undefined> {
    const size = await this.#sizeOf(this.reference.path, digest);
    if (size !== undefined) return size;
    for (const path of this.#neighbours(otherRepositories)) {
      const mounted = await this.#mount(digest, path);
      if (mounted !== undefined) return mounted;
    }
    return undefined;
  }

  async put(blob: OutgoingBlob): Promise<BlobId> {
    const { retry } = this.session.transport;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#upload(blob);
      } catch (error) {
        // What was sent is lost with its connection: the blob begins anew.
        if (attempt >= retry.retries || !isTransient(error))
          throw prefixed("writing blob", error instanceof PassingRefusal ? error.refusal : error);
        await this.session.transport.pause(attempt, error instanceof Error ? error.message : String(error));
      }
    }
  }

  async finish({ bytes, mediaType, digest }: OutgoingManifest): Promise<void> {
    const tag = this.reference.tag ?? digest;
    const what = `writing manifest: uploading manifest ${tag} to ${repositoryOf(this.reference)}`;
    const response = await this.session.request(this.#path(`manifests/${tag}`), {
      method: "PUT",
      headers: { "Content-Type": mediaType },
      body: new Uint8Array(bytes),
    });
    if (!response.ok) throw await this.session.refusal(response, what);
    await response.body?.cancel();
  }

  async close(): Promise<void> {
    // The tag names the image as soon as its manifest is there.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Blobs without a manifest are the registry's to collect.
  }

  async #sizeOf(path: string, digest: string): Promise<number | undefined> {
    const response = await this.session.request(`v2/${path}/blobs/${digest}`, { method: "HEAD" });
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    const what = `checking whether a blob ${digest} exists in ${repositoryOf(this.reference)}`;
    if (response.status !== 200) throw await this.session.refusal(response, what);
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
  }

  /** Paths of the other repositories that lie in this registry. */
  #neighbours(repositories: readonly string[]): string[] {
    const others = repositories.map((name) => parseReference(name));
    const here = others.filter(({ domain }) => domain === this.reference.domain);
    const paths = new Set(here.map(({ path }) => path));
    paths.delete(this.reference.path);
    return [...paths].slice(0, MAX_NEIGHBOURS);
  }

  /** A registry that cannot, or will not, opens an upload instead: that is given up. */
  async #mount(digest: string, from: string): Promise<number | undefined> {
    this.session.widen([`repository:${from}:pull`]);
    const query = new URLSearchParams({ mount: digest, from });
    const response = await this.session.request(this.#path(`blobs/uploads/?${query.toString()}`), {
      method: "POST",
    });
    await response.body?.cancel();
    if (response.status === 201) return await this.#sizeOf(this.reference.path, digest);
    const location = response.headers.get("location");
    if (response.status === 202 && location !== null) await this.#giveUp(location);
    return undefined;
  }

  async #giveUp(location: string): Promise<void> {
    const response = await this.session.request(location, { method: "DELETE" });
    await response.body?.cancel();
  }

  /** One request carries the bytes, whose digest and size are known only at its end. */
  async #upload(blob: OutgoingBlob): Promise<BlobId> {
    const host = this.session.domain;
    const begun = await this.session.request(this.#path("blobs/uploads/"), { method: "POST" });
    const what = `initiating layer upload to /${this.#path("blobs/uploads/")} in ${host}`;
    const location = await this.#next(begun, what);
    const { chunks, id } = outgoing(blob);
    let failure: unknown;
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunks;
      } catch (error) {
        failure = error;
        throw error;
      }
    }
    const sending = `uploading layer chunked to ${host}`;
    let sent: Response;
    try {
      sent = await this.session.request(location, {
        method: "PATCH",
        headers: { "Content-Type": "application/octet-stream" },
        body: watched,
        once: true,
      });
    } catch (error) {
      // Why our own stream broke tells more than that the request did.
      throw failure ?? error;
    }
    if (isPassingStatus(sent.status)) throw new PassingRefusal(await this.session.refusal(sent, sending));
    const end = new URL(await this.#next(sent, sending));
    end.searchParams.set("digest", id().digest);
    const ended = await this.session.request(end.href, {
      method: "PUT",
      headers: { "Content-Type": "application/octet-stream" },
      body: "",
    });
    if (ended.status !== 201) throw await this.session.refusal(ended, `uploading layer to ${host}`);
    await ended.body?.cancel();
    return id();
  }

  async #next(response: Response, what: string): Promise<string> {
    if (response.status !== 202) throw await this.session.refusal(response, what);
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (location !== null) return new URL(location, this.session.url("")).href;
    throw new EngineError("REGISTRY_UNAVAILABLE", `${what}: the answer names no place to go on`);
  }

  #path(rest: string): string {
    return `v2/${this.reference.path}/${rest}`;
  }
}

/** The one request that is not repeated by itself was turned away by a server in trouble. */
class PassingRefusal extends Error {
  constructor(readonly refusal: EngineError) {
    super(refusal.message);
  }
}

/** Connections break, and servers restart; a refusal stays one. */
function isTransient(error: unknown): boolean {
  if (error instanceof PassingRefusal) return true;
  const cause = isEngineError(error, "REGISTRY_UNAVAILABLE") ? error.cause : error;
  return isPassing(cause);
}
