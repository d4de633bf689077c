/** What the configuration says of registries, as the registry adapter needs it. */
import type { CredentialPlace } from "@podwright/spec/engine-api/registries";
import type { Reference } from "@podwright/spec/distribution/reference";

export interface RegistryConfiguration {
  /** Where to fetch from: mirrors in order, then the registry itself. @throws REGISTRY_UNAVAILABLE when blocked */
  pullSources(reference: Reference): readonly PullSource[];
  /** `host` is host[:port]; `directory` replaces the usual places. */
  certificates(host: string, directory?: string): RegistryCertificates;
  /** The entry for "host/path" in the credential files, or in `authFile` alone. */
  auth(repository: string, authFile?: string): AuthEntry | undefined;
  /** The file that `login` writes to. @throws CLI_USAGE when two are named */
  authTarget(place: CredentialPlace): AuthTarget;
  /** The caller's environment, for credential helpers. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A credential file that can be changed; each change is written at once and as a whole. */
export interface AuthTarget {
  readonly path: string;
  /** The helper program that keeps what is stored under the key, "" where the file itself does. */
  helperFor(key: string): string;
  /** The entry for the key or for what it is part of. */
  find(key: string): AuthEntry | undefined;
  /** @throws CLI_USAGE for a key that the file's form cannot hold */
  set(key: string, username: string, password: string): void;
  /** False when there is none. */
  remove(key: string): boolean;
  /** Gives the helpers and keys that are left to be asked. */
  removeAll(): readonly { readonly helper: string; readonly key: string }[];
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
