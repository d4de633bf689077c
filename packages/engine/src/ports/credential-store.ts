/** Credentials of registries as `login` and `logout` keep them. */
import type { CredentialPlace } from "@podwright/spec/engine-api/registries";

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

export type StoredCredentials =
  | ({ readonly kind: "basic" } & RegistryCredentials)
  | { readonly kind: "token"; readonly identityToken: string };

/** Keys are registries, namespaces or repositories: "quay.io", "quay.io/podman". */
export interface CredentialStore {
  get(key: string, place: CredentialPlace): Promise<StoredCredentials | undefined>;
  /** Gives the file, or the helper, that has them now. */
  set(key: string, credentials: RegistryCredentials, place: CredentialPlace): Promise<string>;
  /** False when nothing was kept there under that key. */
  remove(key: string, place: CredentialPlace): Promise<boolean>;
  removeAll(place: CredentialPlace): Promise<void>;
}
