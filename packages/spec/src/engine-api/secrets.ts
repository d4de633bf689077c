/** Secrets: what callers may ask and what they are told. */
import type { Filters, Labels, Outcome } from "./common.ts";

export interface SecretRequest {
  readonly name: string;
  readonly data: Uint8Array;
  readonly labels: Labels;
  /** "file" when left out; there is no other. */
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** An existing secret of that name is replaced; without it, it is an error. */
  readonly replace: boolean;
  /** An existing secret of that name is given back as it is; excludes `replace`. */
  readonly ignore: boolean;
}

export interface SecretInfo {
  /** 25 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly driver: "file";
  /** With `path`, the directory of its bytes. */
  readonly driverOptions: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
}

export interface SecretsApi {
  /** @throws SECRET_NAME_IN_USE, SECRET_INVALID */
  create(request: SecretRequest): Promise<SecretInfo>;
  list(filters: Filters): Promise<SecretInfo[]>;
  /** A name, an id or a unique prefix of one. @throws SECRET_NOT_FOUND */
  inspect(nameOrId: string): Promise<SecretInfo>;
  /** The secret itself. @throws SECRET_NOT_FOUND */
  read(nameOrId: string): Promise<Uint8Array>;
  exists(nameOrId: string): Promise<boolean>;
  remove(
    namesOrIds: readonly string[],
    options: { readonly all: boolean; readonly ignore: boolean },
  ): Promise<Outcome[]>;
}
