/** Writes tar archives: ustar headers, with extended ones (pax) for what does not fit. */
import { BLOCK, type TarEntryType, type TarTime } from "./tar-entry.ts";

export interface TarEntryData {
  readonly type: Exclude<TarEntryType, "other">;
  /** Without a slash at its beginning; a directory's ends with one. */
  readonly name: Buffer;
  readonly linkName?: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of the data that follows: 0 for all but files. */
  readonly size: number;
  readonly mtime: TarTime;
  readonly devMajor?: number;
  readonly devMinor?: number;
  /** By full name, as latin1 text. */
  readonly xattrs?: ReadonlyMap<string, Buffer>;
  /** The data is a map (sparse-map.ts) and what the file has outside its holes. */
  readonly sparse?: { readonly realSize: number };
}

const FLAGS: Readonly<Record<TarEntryData["type"], string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};

const NAME_LENGTH = 100;
/** What a reader without knowledge of sparse files makes of one. */
const SPARSE_NAME = Buffer.from("GNUSparseFile.0/file");
const EMPTY = Buffer.alloc(0);

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

/** What fills an entry's data up to a whole block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The blocks before an entry's data. */
export function tarHeader(entry: TarEntryData): Buffer {
  const records = paxRecords(entry);
  const block = ustarBlock(
    entry.sparse === undefined ? entry : { ...entry, name: SPARSE_NAME },
    FLAGS[entry.type],
  );
  if (records.length === 0) return block;
  const data = Buffer.concat(records);
  const pax = ustarBlock(
    {
      ...entry,
      type: "file",
      name: Buffer.from("PaxHeaders/entry"),
      linkName: EMPTY,
      mode: 0o644,
      size: data.length,
    },
    "x",
  );
  return Buffer.concat([pax, data, tarPadding(data.length), block]);
}

function paxRecords(entry: TarEntryData): Buffer[] {
  const records: Buffer[] = [];
  const add = (key: string, value: Buffer | string): void => {
    records.push(paxRecord(Buffer.from(key, "latin1"), Buffer.from(value)));
  };
  if (entry.sparse !== undefined) {
    add("GNU.sparse.major", "1");
    add("GNU.sparse.minor", "0");
    add("GNU.sparse.name", entry.name);
    add("GNU.sparse.realsize", String(entry.sparse.realSize));
  } else if (!fitsName(entry.name)) add("path", entry.name);
  if (entry.linkName !== undefined && !fitsName(entry.linkName)) add("linkpath", entry.linkName);
  if (!fitsOctal(entry.size, 12)) add("size", String(entry.size));
  if (!fitsOctal(entry.uid, 8)) add("uid", String(entry.uid));
  if (!fitsOctal(entry.gid, 8)) add("gid", String(entry.gid));
  const { seconds, nanoseconds } = entry.mtime;
  if (nanoseconds !== 0 || !fitsOctal(seconds, 12)) add("mtime", timeText(entry.mtime));
  for (const [key, value] of entry.xattrs ?? []) add(`SCHILY.xattr.${key}`, value);
  return records;
}

/** Bytes that are no ASCII have no encoding in a header: an extended one tells them from Latin-1. */
function fitsName(name: Buffer): boolean {
  return name.length <= NAME_LENGTH && name.every((byte) => byte < 0x80);
}

function fitsOctal(value: number, width: number): boolean {
  return value >= 0 && value < 8 ** (width - 1);
}

function timeText({ seconds, nanoseconds }: TarTime): string {
  if (nanoseconds === 0) return String(seconds);
  if (seconds >= 0) return `${seconds}.${String(nanoseconds).padStart(9, "0")}`;
  const whole = seconds + 1;
  return `-${-whole}.${String(1_000_000_000 - nanoseconds).padStart(9, "0")}`;
}

/** The length counts its own digits. */
function paxRecord(key: Buffer, value: Buffer): Buffer {
  const rest = 1 + key.length + 1 + value.length + 1;
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return Buffer.concat([Buffer.from(`${length} `), key, Buffer.from("="), value, Buffer.from("\n")]);
}

function ustarBlock(entry: TarEntryData, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number): void => {
    // What does not fit stands in the extended header.
    const shown = fitsOctal(value, width) ? value : 0;
    block.write(`${shown.toString(8).padStart(width - 1, "0")}\0`, at, "latin1");
  };
  entry.name.copy(block, 0, 0, NAME_LENGTH);
  octal(entry.mode & 0o7777, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(entry.size, 124, 12);
  octal(entry.mtime.seconds, 136, 12);
  block.write(flag, 156, "latin1");
  entry.linkName?.copy(block, 157, 0, NAME_LENGTH);
  block.write("ustar\x0000", 257, "latin1");
  octal(entry.devMajor ?? 0, 329, 8);
  octal(entry.devMinor ?? 0, 337, 8);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
