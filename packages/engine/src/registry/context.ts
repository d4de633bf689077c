/** What the registry verbs work with; the composition root makes it. */
import type { CredentialStore } from "../ports/credential-store.ts";
import type { RegistryClient } from "../ports/registry-client.ts";

export interface RegistryContext {
  readonly credentials: CredentialStore;
  readonly client: RegistryClient;
  /** For names without a registry, in order. @throws CONFIG_INVALID */
  readonly searchRegistries: () => readonly string[];
}
