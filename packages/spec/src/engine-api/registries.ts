import type { RegistryOptions } from "./images.ts";

/** Where credentials are kept; the usual places without. */
export interface CredentialPlace {
  readonly authFile?: string;
  /** In Docker's own form. */
  readonly compatAuthFile?: string;
}

export interface LoginRequest extends CredentialPlace {
  /** Registry, namespace or repository, or an address; the first search registry without. */
  readonly registry?: string;
  readonly username?: string;
  readonly password?: string;
  readonly certDir?: string;
  readonly tlsVerify?: boolean;
}

/** How `login` talks with its user. */
export interface LoginDialogue {
  readonly say: (line: string) => void;
  /** `known` is what an empty answer stands for. */
  readonly askUsername: (known: string) => Promise<string>;
  readonly askPassword: () => Promise<string>;
}

export interface LogoutRequest extends CredentialPlace {
  readonly registry?: string;
  readonly all: boolean;
}

export interface SearchRequest extends Pick<RegistryOptions, "authFile" | "creds" | "certDir" | "tlsVerify"> {
  /** A word, or a registry and a word: `quay.io/podman`. */
  readonly term: string;
  /** Of each registry; the registries' own default without. */
  readonly limit?: number;
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

export interface SearchResult {
  /** "docker.io": the registry's name without its host's own. */
  readonly index: string;
  /** "docker.io/library/nginx" */
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
  readonly automated: boolean;
}

export interface TagsResult {
  readonly name: string;
  readonly tags: readonly string[];
}

export interface RegistriesApi {
  /** @throws REGISTRY_LOGIN_FAILED, REGISTRY_UNAVAILABLE */
  login(
    request: LoginRequest,
    dialogue: LoginDialogue,
    options: { readonly verbose: boolean; readonly signal?: AbortSignal },
  ): Promise<void>;
  /** @throws REGISTRY_NOT_LOGGED_IN */
  currentUser(request: Pick<LoginRequest, "registry"> & CredentialPlace): Promise<string>;
  /** Gives the line to show. @throws REGISTRY_NOT_LOGGED_IN */
  logout(request: LogoutRequest): Promise<string>;
  search(request: SearchRequest, signal?: AbortSignal): Promise<SearchResult[]>;
  /** Tags of the repository that the term names. */
  listTags(request: SearchRequest, signal?: AbortSignal): Promise<TagsResult>;
}
