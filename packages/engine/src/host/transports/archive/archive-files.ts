/** Files inside an archive or a directory, by name, each readable on its own. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { createReadStream } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import type { PassingChunks } from "../../../tar/byte-source.ts";
import { tarError } from "../../../tar/tar-entry.ts";
import { TarReader } from "../../../tar/tar-reader.ts";
import { isErrno } from "../../sys/libc.ts";

export interface ArchiveFiles {
  /** Bytes, undefined for a file that is not there. */
  size(name: string): Promise<number | undefined>;
  stream(name: string): AsyncIterable<Uint8Array>;
}

const READ_SIZE = 1 << 20;
/** Small files are read over, large ones are not. */
const HEADERS_SIZE = 1 << 16;
/** Archives have a file per layer and some more: a longer list is an attack on our memory. */
const MAX_FILES = 1 << 16;
const MAX_LINKS = 16;

export function readFileStream(
  path: string,
  range?: { start: number; length: number },
): AsyncIterable<Uint8Array> {
  if (range?.length === 0) return nothing();
  const bounds = range === undefined ? {} : { start: range.start, end: range.start + range.length - 1 };
  return createReadStream(path, { highWaterMark: READ_SIZE, ...bounds });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** @throws IMAGE_ARCHIVE_INVALID for a file that is missing or larger than `limit`. */
export async function readSmall(files: ArchiveFiles, name: string, limit: number): Promise<Buffer> {
  const size = await files.size(name);
  if (size === undefined)
    throw new EngineError("IMAGE_ARCHIVE_INVALID", `${name}: no such file in the archive`);
  if (size > limit) throw new EngineError("IMAGE_ARCHIVE_INVALID", `${name}: ${size} bytes are too many`);
  const parts: Uint8Array[] = [];
  for await (const part of files.stream(name)) parts.push(part);
  return Buffer.concat(parts);
}

/** @throws IMAGE_ARCHIVE_INVALID */
export async function readJson(files: ArchiveFiles, name: string, limit: number): Promise<unknown> {
  const text = (await readSmall(files, name, limit)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new EngineError("IMAGE_ARCHIVE_INVALID", `${name}: ${cause.message}`, { cause });
  }
}

/** A directory. Names come from the image's own JSON: only plain ones below the directory are opened. */
export class DirectoryFiles implements ArchiveFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async size(name: string): Promise<number | undefined> {
    try {
      const stat = await lstat(this.#path(name));
      // A symlink could lead anywhere.
      return stat.isFile() ? stat.size : undefined;
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  stream(name: string): AsyncIterable<Uint8Array> {
    return readFileStream(this.#path(name));
  }

  #path(name: string): string {
    const plain = name.split("/").every((part) => /^[\w.+-]+$/.test(part) && part !== "." && part !== "..");
    if (!plain)
      throw new EngineError(
        "IMAGE_ARCHIVE_INVALID",
        `${JSON.stringify(name)}: not a name of an image's file`,
      );
    return `${this.#directory}/${name}`;
  }
}

interface Place {
  readonly start: number;
  readonly length: number;
}

/** A tar file's headers: what lies between them is passed over. */
class Headers implements PassingChunks {
  #position = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {}

  pass(length: number): void {
    this.#position += length;
    if (this.#position > this.size) throw tarError("the archive is truncated");
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const buffer = Buffer.allocUnsafe(HEADERS_SIZE);
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

/** An uncompressed tar file, whose headers are read once to know where its files lie. */
export class TarFiles implements ArchiveFiles {
  readonly #path: string;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #links: ReadonlyMap<string, string>;

  private constructor(path: string, places: Map<string, Place>, links: Map<string, string>) {
    this.#path = path;
    this.#places = places;
    this.#links = links;
  }

  /** @throws IMAGE_ARCHIVE_INVALID */
  static async open(path: string): Promise<TarFiles> {
    const places = new Map<string, Place>();
    const links = new Map<string, string>();
    await using file = await open(path, "r");
    const reader = new TarReader(new Headers(file, (await file.stat()).size));
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      const { type, name, linkName, size } = entry.header;
      const key = cleanName(name.toString("utf8"));
      if (type === "file") places.set(key, { start: reader.offset, length: size });
      // Old `docker save` links layers that several images share.
      else if (type === "symlink") links.set(key, cleanName(joinNames(key, linkName.toString("utf8"))));
      else if (type === "hardlink") links.set(key, cleanName(linkName.toString("utf8")));
      if (places.size + links.size > MAX_FILES)
        throw new EngineError("IMAGE_ARCHIVE_INVALID", "the archive has too many files");
    }
    return new TarFiles(path, places, links);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  async size(name: string): Promise<number | undefined> {
    return this.#find(name)?.length;
  }

  stream(name: string): AsyncIterable<Uint8Array> {
    const place = this.#find(name);
    if (place === undefined)
      throw new EngineError("IMAGE_ARCHIVE_INVALID", `${name}: no such file in the archive`);
    return readFileStream(this.#path, place);
  }

  #find(name: string): Place | undefined {
    let key = cleanName(name);
    for (let hop = 0; hop < MAX_LINKS; hop++) {
      const target = this.#links.get(key);
      if (target === undefined) return this.#places.get(key);
      key = target;
    }
    return undefined;
  }
}

function joinNames(from: string, target: string): string {
  return target.startsWith("/") ? target : `${from.slice(0, from.lastIndexOf("/") + 1)}${target}`;
}

function cleanName(name: string): string {
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
