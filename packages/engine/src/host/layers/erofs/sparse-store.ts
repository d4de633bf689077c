/** Content of a layer's sparse files, side by side in one file with the same holes. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { TarEntry } from "../../../tar/tar-reader.ts";
import { refusal } from "../unpack/entry-name.ts";
import { DEVICE_LIMIT } from "./format.ts";
import { syncLater } from "./sequential-file.ts";

/** A page: so that no page of one file has data of another. */
const ALIGNMENT = 4096;

export class SparseStore {
  readonly #path: string;
  #fd: number | undefined;
  #size = 0;

  /** The file is made when the first sparse entry comes. */
  constructor(path: string) {
    this.#path = path;
  }

  /** 0: there is none. */
  get size(): number {
    return this.#size;
  }

  /** Takes in an entry's data; gives where it begins. */
  async add(entry: TarEntry): Promise<number> {
    const begin = this.#size;
    const end = begin + Math.ceil(entry.header.size / ALIGNMENT) * ALIGNMENT;
    if (end > DEVICE_LIMIT) throw refusal("the layer's sparse files are too large");
    this.#fd ??= openSync(this.#path, "wx", 0o600);
    const fd = this.#fd;
    await entry.read((data, position) => {
      for (let done = 0; done < data.length; ) {
        done += writeSync(fd, data, done, data.length - done, begin + position + done);
      }
    });
    this.#size = end;
    return begin;
  }

  async finish(): Promise<void> {
    if (this.#fd === undefined) return;
    ftruncateSync(this.#fd, this.#size);
    await syncLater(this.#fd);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
