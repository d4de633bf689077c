/** One HTTP request with what registries need around it: redirects by hand, retries, back-off, TLS settings. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readFileSync } from "node:fs";
import { VERSION } from "../../../base/version.ts";
import { sleep } from "../../../base/sleep.ts";
import type { RequestWatch } from "../../../ports/image-source.ts";
import type { RegistryCertificates } from "../../../ports/registry-config.ts";
import { connectionFailure, isAbort, isPassing, isRefused } from "./failures.ts";

export interface RetryPolicy {
  /** Further attempts after the first. */
  readonly retries: number;
  /** Milliseconds before the first retry; doubles. */
  readonly delayMs: number;
  /** A connection that is refused is tried again too: the caller asked for attempts, and the server may be starting. */
  readonly refused?: boolean;
}

export const DEFAULT_RETRY: RetryPolicy = { retries: 3, delayMs: 1000 };
const LONGEST_DELAY_MS = 60_000;
const MAX_REDIRECTS = 10;

export interface TransportOptions {
  readonly verifyTls: boolean;
  readonly certificates: RegistryCertificates;
  readonly retry: RetryPolicy;
  readonly watch: RequestWatch;
}

export interface HttpRequest {
  readonly url: string;
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is opened anew for each attempt; its length need not be known. */
  readonly body?: string | Uint8Array<ArrayBuffer> | (() => AsyncIterable<Uint8Array>);
  /** The request is not repeated: what it leaves behind when it breaks is not known. */
  readonly once?: boolean;
  /** A connection that is refused is tried again, as if the caller had asked for attempts. */
  readonly refused?: boolean;
  /** Ends the request; in place of the watch's. */
  readonly signal?: AbortSignal;
}

export class Transport {
  readonly #options: TransportOptions;
  #tls: Bun.TLSOptions | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get watch(): RequestWatch {
    return this.#options.watch;
  }

  get retry(): RetryPolicy {
    return this.#options.retry;
  }

  /** Any status is an answer, once retries are used up. @throws REGISTRY_UNAVAILABLE, CANCELED */
  async send(request: HttpRequest): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const last = request.once === true || attempt >= this.#options.retry.retries;
      try {
        const response = await this.#follow(request);
        if (last || !isPassingStatus(response.status)) return response;
        await response.body?.cancel();
        await this.pause(attempt, `${response.status} ${response.statusText}`.trim(), retryAfter(response));
      } catch (error) {
        if (isAbort(error) || this.#options.watch.signal?.aborted === true) throw canceled(error);
        const patient = request.refused === true || this.#options.retry.refused === true;
        if (last || !(isPassing(error) || (patient && isRefused(error)))) {
          throw error instanceof EngineError ? error : connectionFailure(request.url, error);
        }
        await this.pause(attempt, connectionFailure(request.url, error).message);
      }
    }
  }

  /** Waits before attempt number `attempt + 1`, or throws when the caller gave up. */
  async pause(attempt: number, reason: string, askedMs?: number): Promise<void> {
    const { retry, watch } = this.#options;
    const delay = Math.min(askedMs ?? retry.delayMs * 2 ** attempt, LONGEST_DELAY_MS);
    watch.onRetry?.(reason, delay);
    await sleep(delay, watch.signal);
    if (watch.signal?.aborted) throw canceled(undefined);
  }

  /** A blob often lies with another host, which must not see what the registry was told to trust us. */
  async #follow(request: HttpRequest): Promise<Response> {
    let { url } = request;
    let headers = { ...request.headers };
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const response = await this.#fetch({ ...request, url, headers });
      const location = response.headers.get("location");
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
      await response.body?.cancel();
      const next = new URL(location, url);
      if (next.protocol !== "https:" && (next.protocol !== "http:" || url.startsWith("https:"))) {
        throw new EngineError(
          "REGISTRY_UNAVAILABLE",
          `${url}: refusing a redirect to ${next.protocol}//${next.host}`,
        );
      }
      if (next.origin !== new URL(url).origin) {
        const { Authorization: _, ...rest } = headers;
        headers = rest;
      }
      url = next.href;
    }
    throw new EngineError("REGISTRY_UNAVAILABLE", `${request.url}: stopped after ${MAX_REDIRECTS} redirects`);
  }

  #fetch(request: HttpRequest): Promise<Response> {
    const signal = request.signal ?? this.#options.watch.signal;
    const secure = request.url.startsWith("https:");
    const body = typeof request.body === "function" ? streamOf(request.body()) : request.body;
    const init: BunFetchRequestInit & { decompress: boolean } = {
      method: request.method ?? "GET",
      headers: { "User-Agent": `podwright/${VERSION}`, ...request.headers },
      redirect: "manual",
      // Layers are checked by the digest of what was sent.
      decompress: false,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      ...(secure ? { tls: this.#tlsOptions() } : {}),
    };
    return fetch(request.url, init);
  }

  #tlsOptions(): Bun.TLSOptions {
    this.#tls ??= tlsOptions(this.#options);
    return this.#tls;
  }
}

/** Pulls: the next chunk is made when the last one is on its way, so memory stays small. */
function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function tlsOptions({ verifyTls, certificates }: TransportOptions): Bun.TLSOptions {
  const ca = [...systemAuthorities(), ...certificates.ca];
  return {
    rejectUnauthorized: verifyTls,
    ...(ca.length === 0 ? {} : { ca }),
    ...(certificates.cert === undefined ? {} : { cert: certificates.cert }),
    ...(certificates.key === undefined ? {} : { key: certificates.key }),
  };
}

/** What the machine trusts, its own additions included; without the file, what the program was built with. */
function systemAuthorities(): string[] {
  const files = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
  ];
  for (const path of files) {
    try {
      return [readFileSync(path, "utf8")];
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return [];
}

/** What the server says it may not say the next time. */
export function isPassingStatus(status: number): boolean {
  return status === 429 || status >= 500;
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function canceled(cause: unknown): EngineError {
  return new EngineError("CANCELED", "the request was canceled", { cause });
}

/** The body's bytes, at most `limit` of them. */
export async function readBounded(response: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of bodyOf(response)) {
    total += part.length;
    if (total > limit) {
      throw new EngineError(
        "REGISTRY_UNAVAILABLE",
        `${response.url}: the answer is longer than ${limit} bytes`,
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export function bodyOf(response: Response): AsyncIterable<Uint8Array> {
  return response.body ?? new Blob([]).stream();
}
