/** What is stored of a secret besides its bytes. */
import type { Labels } from "@podwright/spec/engine-api/common";

export interface SecretRecord {
  /** 25 hex digits; a replaced secret has another one. */
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly driverOptions: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
}

/** The bytes of secrets, by id, where only the engine's user can read them. */
export interface SecretFiles {
  /** Their directory. */
  readonly path: string;
  /** On disk when it returns, so that a row never leads to half of them. */
  write(id: string, data: Uint8Array): void;
  /** Undefined when there are none of that id. */
  read(id: string): Uint8Array | undefined;
  remove(id: string): void;
  /** Of all that are there, those of killed commands as well. */
  ids(): string[];
}
