/** What is asked of a registry as a whole. */
import type { Reference } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import type { RegistryCredentials } from "./credential-store.ts";

export interface RegistryClient {
  /** Logs in and does nothing. @throws REGISTRY_UNAUTHORIZED, REGISTRY_UNAVAILABLE */
  check(domain: string, credentials: RegistryCredentials, options: RegistryClientOptions): Promise<void>;
  /** @throws REGISTRY_UNAUTHORIZED, REGISTRY_UNAVAILABLE */
  search(domain: string, query: SearchQuery, options: RegistryClientOptions): Promise<FoundRepository[]>;
  tags(reference: Reference, options: RegistryClientOptions): Promise<string[]>;
}

export interface RegistryClientOptions {
  readonly registry: RegistryOptions;
  readonly signal?: AbortSignal;
}

export interface SearchQuery {
  readonly text: string;
  readonly limit: number;
}

export interface FoundRepository {
  /** Without the registry. */
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
  readonly automated: boolean;
}
