/** The bytes of secrets: a file each, in a directory that only its owner can enter. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { SecretFiles } from "../../ports/secret-record.ts";
import { isErrno } from "../sys/libc.ts";

export class DirectorySecretFiles implements SecretFiles {
  readonly path: string;

  /** `path` is made on first use. */
  constructor(path: string) {
    this.path = path;
  }

  write(id: string, data: Uint8Array): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const file = openSync(`${this.path}/${id}`, "wx", 0o600);
    try {
      writeFileSync(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  read(id: string): Uint8Array | undefined {
    return orUndefined(() => readFileSync(`${this.path}/${id}`));
  }

  remove(id: string): void {
    rmSync(`${this.path}/${id}`, { force: true });
  }

  ids(): string[] {
    return orUndefined(() => readdirSync(this.path)) ?? [];
  }
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
