/** Where the files of a saved image are written: a directory, or a tar archive. */
import { randomBytes } from "node:crypto";
import { closeSync, createWriteStream, existsSync, mkdirSync, openSync, statSync, write } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { sleep } from "../../../base/sleep.ts";
import type { Staging } from "../../../ports/blob-store.ts";
import type { BlobId, OutgoingBlob } from "../../../ports/image-destination.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../tar/tar-writer.ts";
import { isErrno } from "../../sys/libc.ts";
import { type BlobBytes, outgoing } from "../outgoing-stream.ts";
import { readFileStream } from "./archive-files.ts";

export interface FileTarget {
  /** Bytes of a file that is there. */
  size(name: string): Promise<number | undefined>;
  /** The name may depend on the digest, which is known at the end. */
  put(blob: OutgoingBlob, nameOf: (id: BlobId) => string): Promise<BlobId>;
  text(name: string, text: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Leaves things as they were before. */
  abandon(): Promise<void>;
}

const STDOUT = 1;

export class DirectoryTarget implements FileTarget {
  readonly #path: string;
  readonly #made: boolean;
  readonly #written: string[] = [];

  private constructor(path: string, made: boolean) {
    this.#path = path;
    this.#made = made;
  }

  static async open(path: string): Promise<DirectoryTarget> {
    const made = !existsSync(path);
    await mkdir(path, { recursive: true });
    return new DirectoryTarget(path, made);
  }

  names(): Promise<string[]> {
    return readdir(this.#path);
  }

  async size(name: string): Promise<number | undefined> {
    try {
      const found = await stat(`${this.#path}/${name}`);
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  put(blob: OutgoingBlob, nameOf: (id: BlobId) => string): Promise<BlobId> {
    return this.#write(blob, nameOf);
  }

  async #write(blob: BlobBytes, nameOf: (id: BlobId) => string): Promise<BlobId> {
    const { chunks, id } = outgoing(blob);
    const staged = `${this.#path}/.${randomBytes(8).toString("hex")}.partial`;
    try {
      await pipeline(chunks, createWriteStream(staged, { flags: "wx" }));
      await this.#settle(staged, nameOf(id()));
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    }
    return id();
  }

  async text(name: string, text: string | Uint8Array): Promise<void> {
    await this.#write({ open: () => once(Buffer.from(text)) }, () => name);
  }

  async close(): Promise<void> {}

  async abandon(): Promise<void> {
    if (this.#made) return await rm(this.#path, { recursive: true, force: true });
    for (const name of this.#written) await rm(`${this.#path}/${name}`, { force: true });
  }

  async #settle(staged: string, name: string): Promise<void> {
    const path = `${this.#path}/${name}`;
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) this.#written.push(name);
    await rename(staged, path);
  }
}

/** Written under another name, so that a failure leaves what stood there; pipes and devices are written as they are. */
export class TarTarget implements FileTarget {
  readonly #staging: Staging;
  readonly #fd: number;
  readonly #renames: { readonly from: string; readonly to: string } | undefined;
  readonly #sizes = new Map<string, number>();
  #turn: Promise<void> = Promise.resolve();
  #underWay: Promise<void> = Promise.resolve();

  private constructor(
    staging: Staging,
    fd: number,
    renames?: { readonly from: string; readonly to: string },
  ) {
    this.#staging = staging;
    this.#fd = fd;
    this.#renames = renames;
  }

  static open(path: string, staging: Staging): TarTarget {
    if (path === "-") return new TarTarget(staging, STDOUT);
    if (existsSync(path) && !statSync(path).isFile()) return new TarTarget(staging, openSync(path, "w"));
    const from = `${dirname(path)}/.${basename(path)}.${randomBytes(6).toString("hex")}.partial`;
    return new TarTarget(staging, openSync(from, "wx", 0o644), { from, to: path });
  }

  async size(name: string): Promise<number | undefined> {
    return this.#sizes.get(name);
  }

  async put(blob: OutgoingBlob, nameOf: (id: BlobId) => string): Promise<BlobId> {
    const { chunks, id } = outgoing(blob);
    if (blob.known !== undefined) {
      await this.#append(nameOf(blob.known), blob.known.size, chunks);
      return blob.known;
    }
    // The size stands before the data, and compression tells it afterwards.
    await using area = await this.#staging.open();
    const spooled = `${area.path}/blob`;
    await pipeline(chunks, createWriteStream(spooled, { flags: "wx", mode: 0o600 }));
    await this.#append(nameOf(id()), id().size, readFileStream(spooled));
    return id();
  }

  async text(name: string, text: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#append(name, bytes.length, once(bytes));
  }

  async close(): Promise<void> {
    await this.#write(tarEnd());
    await this.#underWay;
    if (this.#fd === STDOUT) return;
    closeSync(this.#fd);
    if (this.#renames !== undefined) await rename(this.#renames.from, this.#renames.to);
  }

  async abandon(): Promise<void> {
    // Its failure is why we are here, or comes too late to matter.
    await this.#underWay.catch(() => {});
    if (this.#fd === STDOUT) return;
    closeSync(this.#fd);
    if (this.#renames !== undefined) await rm(this.#renames.from, { force: true });
  }

  /** Layers are read side by side, but stand one after the other. */
  async #append(name: string, size: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    try {
      if (this.#sizes.has(name)) return;
      await this.#write(tarHeader(entryFor(name, size)));
      for await (const chunk of chunks) await this.#write(chunk);
      await this.#write(tarPadding(size));
      this.#sizes.set(name, size);
    } finally {
      resolve();
    }
  }

  /**
   * Resolves when what was written before is there: `data` is under way while the next is read and hashed, and must
   * not change. A failure is thrown by the call that follows.
   */
  async #write(data: Uint8Array): Promise<void> {
    await this.#underWay;
    this.#underWay = writeAll(this.#fd, data);
    this.#underWay.catch(() => {});
  }
}

/** By a thread of the pool. */
async function writeAll(fd: number, data: Uint8Array): Promise<void> {
  for (let done = 0; done < data.length; ) {
    try {
      done += await writeSome(fd, data, done);
    } catch (error) {
      // A pipe that its reader leaves full.
      if (!isErrno(error, "EAGAIN")) throw error;
      await sleep(1);
    }
  }
}

function writeSome(fd: number, data: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, data, offset, data.length - offset, null, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

function entryFor(name: string, size: number): Parameters<typeof tarHeader>[0] {
  const mtime = { seconds: 0, nanoseconds: 0 };
  return { type: "file", name: Buffer.from(name), mode: 0o444, uid: 0, gid: 0, size, mtime };
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
