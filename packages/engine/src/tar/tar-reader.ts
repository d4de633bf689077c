/** Reads a tar archive as a stream: entry by entry, data by callback, in memory that does not grow. */
import { ByteSource } from "./byte-source.ts";
import { type HeaderBlock, isZeroBlock, parseHeaderBlock } from "./header-block.ts";
import { parsePax, paxInteger, type PaxRecord, paxTime } from "./pax.ts";
import { checkMap, parsePaxMap, readOldGnuMap, readPaxMap, type SparseMap } from "./sparse.ts";
import {
  BLOCK,
  type Segment,
  SPECIAL_LIMIT,
  showName,
  tarError,
  type TarEntryType,
  type TarHeader,
} from "./tar-entry.ts";

/** Gets a piece of a file's data and where in the file it belongs. */
export type DataSink = (data: Buffer, position: number) => void | Promise<void>;

export interface TarEntry {
  readonly header: TarHeader;
  /** Where in the archive the data begins: a multiple of 512. */
  readonly offset: number;
  /** The data's place in the file: for most one run, the whole file. What is not in a run is a hole. */
  readonly segments: readonly Segment[];
  /** Gives the data to `sink`, holes left out. May be called once; data not read is skipped. */
  read(sink: DataSink): Promise<void>;
}

const XATTR_PREFIX = "SCHILY.xattr.";

/** A global header that renamed or resized every entry would be nonsense, or an attack. */
const NOT_GLOBAL = /^(path|linkpath|size|GNU\.sparse\..*)$/;

const TYPES: Readonly<Record<string, TarEntryType>> = {
  "\0": "file",
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "directory",
  "6": "fifo",
  "7": "file",
  S: "file",
};

interface Pending {
  records: PaxRecord[];
  longName: Buffer | undefined;
  longLink: Buffer | undefined;
}

export class TarReader {
  readonly #source: ByteSource;
  readonly #tap: ((bytes: Buffer) => void) | undefined;
  readonly #globals = new Map<string, Buffer>();
  #left = 0;
  #padding = 0;

  /** `tap` sees every byte of the archive that no entry's sink gets: headers, padding, what was skipped. */
  constructor(chunks: AsyncIterable<Uint8Array>, tap?: (bytes: Buffer) => void) {
    this.#source = new ByteSource(chunks);
    this.#source.tap = this.#tap = tap;
  }

  /** Bytes of the archive read so far. */
  get offset(): number {
    return this.#source.offset;
  }

  /** The next entry, undefined at the end. The stream is then read to its very end. */
  async next(): Promise<TarEntry | undefined> {
    await this.#skipData();
    const pending: Pending = { records: [], longName: undefined, longLink: undefined };
    for (;;) {
      const block = await this.#source.take(BLOCK);
      if (block === undefined || isZeroBlock(block)) {
        if (pending.records.length > 0 || pending.longName !== undefined) {
          throw tarError("the archive ends after an extended header");
        }
        await this.#source.drain();
        return undefined;
      }
      const header = parseHeaderBlock(block);
      if (!(await this.#special(header, pending))) return await this.#entry(header, pending);
    }
  }

  /** Takes in headers that speak of the next entry; gives false for an entry. */
  async #special(header: HeaderBlock, pending: Pending): Promise<boolean> {
    switch (header.flag) {
      case "x":
      case "X":
        pending.records = parsePax(await this.#specialData(header));
        return true;
      case "g":
        for (const { key, value } of parsePax(await this.#specialData(header))) {
          if (NOT_GLOBAL.test(key)) continue;
          if (value.length === 0) this.#globals.delete(key);
          else this.#globals.set(key, value);
        }
        return true;
      case "L":
        pending.longName = untilNul(await this.#specialData(header));
        return true;
      case "K":
        pending.longLink = untilNul(await this.#specialData(header));
        return true;
      default:
        return false;
    }
  }

  async #specialData(header: HeaderBlock): Promise<Buffer> {
    const { size } = header;
    if (size < 0 || size > SPECIAL_LIMIT) throw tarError(`an extended header of ${size} bytes is too long`);
    if (size === 0) return Buffer.alloc(0);
    const padded = await this.#source.take(size + paddingOf(size));
    if (padded === undefined) throw tarError("the archive is truncated");
    return Buffer.from(padded.subarray(0, size));
  }

  async #entry(block: HeaderBlock, pending: Pending): Promise<TarEntry> {
    const records = new Map<string, Buffer>(this.#globals);
    for (const { key, value } of pending.records) {
      if (value.length === 0) records.delete(key);
      else records.set(key, value);
    }
    const header = mergeHeader(block, records, pending);
    const stored = hasData(header, block) ? storedSize(block, records) : 0;
    if (stored < 0) throw tarError(`${showName(header.name)}: the size is negative`);
    this.#left = stored;
    this.#padding = paddingOf(stored);
    const sparse = header.type === "file" ? await this.#sparseMap(block, pending.records, stored) : undefined;
    if (sparse === undefined) {
      const whole = [{ offset: 0, length: stored }];
      return this.#readable({ ...header, size: header.type === "file" ? stored : 0 }, whole);
    }
    checkMap(sparse, stored);
    this.#left -= sparse.consumed;
    const name = records.get("GNU.sparse.name") ?? header.name;
    return this.#readable({ ...header, name, size: sparse.size }, sparse.segments);
  }

  async #sparseMap(
    block: HeaderBlock,
    records: readonly PaxRecord[],
    stored: number,
  ): Promise<SparseMap | undefined> {
    if (block.flag === "S" && block.format === "gnu") return await readOldGnuMap(block, this.#source);
    const last = (key: string): Buffer | undefined => records.findLast((r) => r.key === key)?.value;
    const text = (key: string): string | undefined => last(key)?.toString("latin1");
    const size = last("GNU.sparse.realsize") ?? last("GNU.sparse.size");
    if (text("GNU.sparse.major") === "1" && text("GNU.sparse.minor") === "0") {
      if (size === undefined) throw tarError("a sparse file without its real size");
      return await readPaxMap(this.#source, paxInteger(size, "GNU.sparse.realsize"), stored);
    }
    const numbers = paxMapNumbers(records, text("GNU.sparse.map"));
    if (numbers === undefined) return undefined;
    if (size === undefined) throw tarError("a sparse file without its real size");
    return parsePaxMap(numbers, paxInteger(size, "GNU.sparse.size"));
  }

  #readable(header: TarHeader, segments: readonly Segment[]): TarEntry {
    return { header, segments, offset: this.offset, read: (sink) => this.#deliver(segments, sink) };
  }

  async #deliver(segments: readonly Segment[], sink: DataSink): Promise<void> {
    for (const { offset, length } of segments) {
      let done = 0;
      while (done < length) {
        this.#source.tap = undefined;
        const data = await this.#source.some(length - done);
        this.#source.tap = this.#tap;
        this.#left -= data.length;
        await sink(data, offset + done);
        done += data.length;
      }
    }
  }

  async #skipData(): Promise<void> {
    await this.#source.skip(this.#left + this.#padding);
    this.#left = 0;
    this.#padding = 0;
  }
}

function mergeHeader(block: HeaderBlock, records: Map<string, Buffer>, pending: Pending): TarHeader {
  const name = pending.longName ?? records.get("path") ?? block.name;
  const integer = (key: string, otherwise: number): number => {
    const value = records.get(key);
    return value === undefined ? otherwise : paxInteger(value, key);
  };
  const mtime = records.get("mtime");
  const atime = records.get("atime");
  return {
    type: typeOf(block.flag, name),
    flag: block.flag,
    name,
    linkName: pending.longLink ?? records.get("linkpath") ?? block.linkName,
    mode: block.mode & 0o7777,
    uid: integer("uid", block.uid),
    gid: integer("gid", block.gid),
    size: 0,
    mtime: mtime === undefined ? { seconds: block.mtime, nanoseconds: 0 } : paxTime(mtime, "mtime"),
    atime: atime === undefined ? undefined : paxTime(atime, "atime"),
    devMajor: block.devMajor,
    devMinor: block.devMinor,
    xattrs: xattrsOf(records),
  };
}

/** Archives older than POSIX mark a directory by a slash at the end of its name only. */
function typeOf(flag: string, name: Buffer): TarEntryType {
  if (flag === "\0" && name.at(-1) === 0x2f) return "directory";
  return TYPES[flag] ?? "other";
}

/** Links, devices and directories have none, whatever their size field says (as Go's reader has it). */
function hasData(header: TarHeader, block: HeaderBlock): boolean {
  return header.type === "file" || (header.type === "other" && block.flag !== "V");
}

function storedSize(block: HeaderBlock, records: Map<string, Buffer>): number {
  const size = records.get("size");
  return size === undefined ? block.size : paxInteger(size, "size");
}

/** The numbers of pax sparse forms 0.0 (repeated records) and 0.1 (one record). */
function paxMapNumbers(records: readonly PaxRecord[], map: string | undefined): string[] | undefined {
  if (map !== undefined) return map === "" ? [] : map.split(",");
  const isRun = /^GNU\.sparse\.(offset|numbytes)$/;
  const runs = records.filter((r) => isRun.test(r.key)).map((r) => r.value.toString("latin1"));
  const declared = records.some((r) => r.key === "GNU.sparse.numblocks");
  return declared || runs.length > 0 ? runs : undefined;
}

function xattrsOf(records: Map<string, Buffer>): Map<string, Buffer> {
  const xattrs = new Map<string, Buffer>();
  for (const [key, value] of records) {
    if (key.startsWith(XATTR_PREFIX)) xattrs.set(key.slice(XATTR_PREFIX.length), value);
  }
  return xattrs;
}

function untilNul(data: Buffer): Buffer {
  const end = data.indexOf(0);
  return end === -1 ? data : data.subarray(0, end);
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
