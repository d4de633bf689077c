/** What the configuration says of registries, as the registry adapter needs it. */
import type { Reference } from "@podwright/spec/distribution/reference";

export interface RegistryConfiguration {
  /** Where to fetch from: mirrors in order, then the registry itself. @throws REGISTRY_UNAVAILABLE when blocked */
  pullSources(reference: Reference): readonly PullSource[];
  /** `host` is host[:port]; `directory` replaces the usual places. */
  certificates(host: string, directory?: string): RegistryCertificates;
  /** The entry for "host/path" in the credential files, or in `authFile` alone. */
  auth(repository: string, authFile?: string): AuthEntry | undefined;
  /** The caller's environment, for credential helpers. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface PullSource {
  readonly reference: Reference;
  /** Plain HTTP and unverified TLS are allowed. */
  readonly insecure: boolean;
}

export interface RegistryCertificates {
  /** PEM, added to the system's authorities. */
  readonly ca: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/** What the files say of a repository; a helper has to be asked for the secret. */
export type AuthEntry =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "token"; readonly identityToken: string }
  | { readonly kind: "helper"; readonly helper: string; readonly registry: string };
