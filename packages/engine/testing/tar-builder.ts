/** Writes tar archives for tests, honest and hostile ones alike: any header can be made as wrong as one likes. */
import { gzipSync, zstdCompressSync } from "node:zlib";

export interface TarFile {
  readonly name: string | Buffer;
  /** The type letter; "0" by default. */
  readonly flag?: string;
  readonly link?: string | Buffer;
  readonly data?: string | Buffer;
  /** What the header says; the data's length by default. */
  readonly size?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly devMajor?: number;
  readonly devMinor?: number;
  readonly pax?: Readonly<Record<string, string | Buffer>>;
  readonly magic?: "ustar" | "gnu" | "v7";
}

export const dir = (name: string, more: Partial<TarFile> = {}): TarFile => ({
  name,
  flag: "5",
  mode: 0o755,
  ...more,
});
export const file = (name: string, data: string | Buffer = "", more: Partial<TarFile> = {}): TarFile => ({
  name,
  data,
  ...more,
});
export const symlink = (name: string, link: string): TarFile => ({ name, link, flag: "2", mode: 0o777 });
export const hardlink = (name: string, link: string): TarFile => ({ name, link, flag: "1" });

export function buildTar(files: readonly TarFile[], end = true): Buffer {
  const parts = files.flatMap((entry) => [
    ...paxBlocks(entry.pax),
    headerBlock(entry),
    ...dataBlocks(entry.data),
  ]);
  return Buffer.concat(end ? [...parts, Buffer.alloc(1024)] : parts);
}

export const gzip = (data: Buffer): Buffer => gzipSync(data);
export const zstd = (data: Buffer): Buffer => zstdCompressSync(data);

export function paxBlocks(records: TarFile["pax"], flag = "x"): Buffer[] {
  if (records === undefined) return [];
  const data = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  return [headerBlock({ name: "pax", flag, data }), ...dataBlocks(data)];
}

function paxRecord(key: string, value: string | Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

export function headerBlock(entry: TarFile): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  };
  Buffer.from(entry.name).copy(block, 0, 0, 100);
  octal(entry.mode ?? 0o644, 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  const size = entry.size ?? Buffer.byteLength(entry.data ?? "");
  if (size < 8 ** 11) octal(size, 124, 12);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(entry.mtime ?? 1_600_000_000, 136, 12);
  block.write(entry.flag ?? "0", 156, "latin1");
  if (entry.link !== undefined) Buffer.from(entry.link).copy(block, 157, 0, 100);
  if (entry.magic !== "v7") block.write(entry.magic === "gnu" ? "ustar  \0" : "ustar\u000000", 257, "latin1");
  if (entry.devMajor !== undefined) octal(entry.devMajor, 329, 8);
  if (entry.devMinor !== undefined) octal(entry.devMinor, 337, 8);
  return sealed(block);
}

/** Writes the checksum. */
export function sealed(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

export function dataBlocks(data: string | Buffer | undefined): Buffer[] {
  if (data === undefined) return [];
  const bytes = Buffer.from(data);
  return [bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}

/** Chunks of odd sizes, so that no boundary of the archive is one of a chunk. */
export async function* chunked(data: Buffer, size = 777): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}
