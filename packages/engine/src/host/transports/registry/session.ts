/** A conversation with one registry: how it is reached, and the authorization that it asks for. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { authorize, parseChallenges } from "./authorization.ts";
import type { Credentials } from "./credentials.ts";
import { registryMessage } from "./failures.ts";
import { type HttpRequest, readBounded, type Transport } from "./transport.ts";

const ERROR_LIMIT = 1 << 16;

/** Docker Hub's API has another name than its images. */
const API_HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

export interface SessionOptions {
  /** Host and port, as in references. */
  readonly domain: string;
  /** HTTP may be tried after HTTPS. */
  readonly insecure: boolean;
  readonly transport: Transport;
  readonly credentials: Credentials | undefined;
  /** What a token is asked for: `repository:library/nginx:pull`. */
  readonly scopes: readonly string[];
}

export type SessionRequest = Omit<HttpRequest, "url" | "headers"> & {
  readonly headers?: Readonly<Record<string, string>>;
};

export class RegistrySession {
  readonly #options: SessionOptions;
  #scopes: readonly string[];
  #base = "";
  #authorization: string | undefined;

  private constructor(options: SessionOptions) {
    this.#options = options;
    this.#scopes = options.scopes;
  }

  /** Finds out how the registry speaks and what it wants to know. @throws REGISTRY_UNAVAILABLE, REGISTRY_UNAUTHORIZED */
  static async connect(options: SessionOptions): Promise<RegistrySession> {
    const session = new RegistrySession(options);
    await session.#ping();
    return session;
  }

  get transport(): Transport {
    return this.#options.transport;
  }

  get domain(): string {
    return this.#options.domain;
  }

  /** `v2/library/nginx/tags/list` as an address. */
  url(path: string): string {
    return `${this.#base}/${path}`;
  }

  async #ping(): Promise<void> {
    const { domain, insecure, transport } = this.#options;
    const host = API_HOSTS[domain] ?? domain;
    const schemes = insecure ? ["https", "http"] : ["https"];
    let failure: unknown;
    for (const scheme of schemes) {
      this.#base = `${scheme}://${host}`;
      try {
        const response = await transport.send({ url: this.url("v2/"), headers: {} });
        await response.body?.cancel();
        if (response.status !== 200 && response.status !== 401) {
          const status = `${response.status} (${response.statusText})`;
          throw new EngineError("REGISTRY_UNAVAILABLE", `StatusCode: ${status}`);
        }
        const header = response.status === 401 ? response.headers.get("www-authenticate") : null;
        await this.#authorize(header);
        return;
      } catch (error) {
        if (isEngineError(error, "CANCELED", "REGISTRY_UNAUTHORIZED")) throw error;
        // What HTTPS said counts: that HTTP failed too tells nothing.
        failure ??= error;
      }
    }
    throw prefixed(`pinging container registry ${host}`, failure);
  }

  async #authorize(header: string | null): Promise<void> {
    const { transport, credentials } = this.#options;
    this.#authorization = await authorize(transport, parseChallenges(header), this.#scopes, credentials);
  }

  /** Further scopes for the requests that follow. */
  widen(scopes: readonly string[]): void {
    const missing = scopes.filter((scope) => !this.#scopes.includes(scope));
    if (missing.length === 0) return;
    this.#scopes = [...this.#scopes, ...missing];
    // The next request that needs them is challenged, and answers with all of them.
    if (this.#authorization?.startsWith("Bearer ") === true) this.#authorization = undefined;
  }

  /** Of a path below the registry, or of a whole address that it gave. Any status is an answer. */
  async request(target: string, request: SessionRequest = {}): Promise<Response> {
    const url = this.#address(target);
    const send = (): Promise<Response> =>
      this.#options.transport.send({
        ...request,
        url,
        headers: { ...request.headers, ...this.#authorizationFor(url) },
      });
    const response = await send();
    // Tokens live for minutes, a transfer may take longer; and some registries challenge only here.
    if (response.status !== 401 || !this.#isOurs(url)) return response;
    const before = this.#authorization;
    await this.#authorize(response.headers.get("www-authenticate"));
    const renewed = this.#authorization;
    if (renewed === undefined || (renewed === before && renewed.startsWith("Basic "))) {
      this.#authorization = before;
      return response;
    }
    await response.body?.cancel();
    return await send();
  }

  /** The error that an answer means. */
  async refusal(response: Response, what: string): Promise<EngineError> {
    const body = await readBounded(response, ERROR_LIMIT).catch(() => new Uint8Array());
    const said = registryMessage(Buffer.from(body).toString("utf8"));
    // An answer to HEAD has no body.
    const plain =
      response.status === 401
        ? "authentication required"
        : `StatusCode: ${response.status} (${response.statusText})`;
    const text = said?.text ?? plain;
    if (response.status === 404) return new EngineError("REGISTRY_MANIFEST_UNKNOWN", `${what}: ${text}`);
    if (response.status === 401 || response.status === 403) {
      const denied = said?.code === "DENIED" ? "requested access to the resource is denied" : text;
      const hint = `log in to ${this.domain}, or check the name: registries deny what does not exist`;
      return new EngineError("REGISTRY_UNAUTHORIZED", `${what}: ${denied}`, { hint });
    }
    return new EngineError("REGISTRY_UNAVAILABLE", `${what}: ${text}`);
  }

  /** An upload may go on at another host, but never from HTTPS to HTTP. */
  #address(target: string): string {
    const url = new URL(target, `${this.#base}/`);
    if (url.protocol === "https:" || (url.protocol === "http:" && this.#base.startsWith("http:")))
      return url.href;
    throw new EngineError(
      "REGISTRY_UNAVAILABLE",
      `${this.domain}: refusing to go on at ${url.protocol}//${url.host}`,
    );
  }

  #isOurs(url: string): boolean {
    return new URL(url).origin === new URL(this.#base).origin;
  }

  #authorizationFor(url: string): Record<string, string> {
    const ours = this.#authorization !== undefined && this.#isOurs(url);
    return ours && this.#authorization !== undefined ? { Authorization: this.#authorization } : {};
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
