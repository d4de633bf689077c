/** Small blobs as files <root>/blobs/<algorithm>/<hex>: an OCI image layout's own place for them. */
import { parseDigest } from "@podwright/spec/distribution/digest";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import type { BlobStore } from "../../ports/blob-store.ts";
import { dirname } from "node:path";
import { isErrno } from "../sys/libc.ts";
import type { LockedStaging } from "./staging.ts";

const ALGORITHM = "sha256";

export class BlobFiles implements BlobStore {
  readonly #directory: string;
  readonly #staging: LockedStaging;

  constructor(root: string, staging: LockedStaging) {
    this.#directory = `${root}/blobs`;
    this.#staging = staging;
  }

  async put(digest: string, bytes: Uint8Array): Promise<void> {
    const target = this.#path(digest);
    await using area = await this.#staging.open();
    const staged = `${area.path}/blob`;
    const file = await open(staged, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(staged, target);
  }

  async get(digest: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#path(digest));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async remove(digest: string): Promise<void> {
    await rm(this.#path(digest), { force: true });
  }

  async list(): Promise<string[]> {
    try {
      return (await readdir(`${this.#directory}/${ALGORITHM}`)).map((hex) => `${ALGORITHM}:${hex}`);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return [];
      throw error;
    }
  }

  #path(digest: string): string {
    const { algorithm, hex } = parseDigest(digest);
    return `${this.#directory}/${algorithm}/${hex}`;
  }
}
