/** One 512-byte header block: V7, POSIX ustar, GNU and star layouts (tar(5)). */
import { BLOCK, tarError } from "./tar-entry.ts";

export type TarFormat = "v7" | "ustar" | "gnu" | "star";

export interface HeaderBlock {
  readonly format: TarFormat;
  readonly flag: string;
  readonly name: Buffer;
  readonly linkName: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly devMajor: number;
  readonly devMinor: number;
  /** The block itself: GNU's old sparse map lies in it. */
  readonly block: Buffer;
}

export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** @throws IMAGE_ARCHIVE_INVALID when the checksum or a number is wrong. */
export function parseHeaderBlock(block: Buffer): HeaderBlock {
  checkSum(block);
  const format = formatOf(block);
  const hasDevices = format !== "v7";
  return {
    format,
    flag: String.fromCharCode(block[156] ?? 0),
    name: fullName(block, format),
    linkName: cString(block, 157, 100),
    mode: number(block, 100, 8, "mode"),
    uid: number(block, 108, 8, "uid"),
    gid: number(block, 116, 8, "gid"),
    size: number(block, 124, 12, "size"),
    mtime: number(block, 136, 12, "mtime"),
    devMajor: hasDevices ? number(block, 329, 8, "device major") : 0,
    devMinor: hasDevices ? number(block, 337, 8, "device minor") : 0,
    block,
  };
}

function formatOf(block: Buffer): TarFormat {
  const magic = block.toString("latin1", 257, 265);
  if (magic === "ustar  \0") return "gnu";
  if (magic.slice(0, 6) !== "ustar\0") return "v7";
  return block.toString("latin1", 508, BLOCK) === "tar\0" ? "star" : "ustar";
}

function fullName(block: Buffer, format: TarFormat): Buffer {
  const name = cString(block, 0, 100);
  if (format !== "ustar" && format !== "star") return name;
  const prefix = cString(block, 345, format === "star" ? 131 : 155);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name]);
}

/** Old writers summed signed bytes; both sums are accepted. */
function checkSum(block: Buffer): void {
  const stored = number(block, 148, 8, "checksum");
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (stored !== unsigned && stored !== signed) throw tarError("the header's checksum is wrong");
}

function cString(block: Buffer, start: number, length: number): Buffer {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  // A copy: the block is a view of a chunk that the next read replaces.
  return Buffer.from(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or base 256 where the first bit is set (GNU). */
export function number(block: Buffer, start: number, length: number, what: string): number {
  const field = block.subarray(start, start + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return base256(field, what);
  const end = field.indexOf(0);
  const text = field.toString("latin1", 0, end === -1 ? length : end).trim();
  if (text === "") return 0;
  const value = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw tarError(`the header's ${what} is not a number`);
  return value;
}

function base256(field: Buffer, what: string): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = negative ? -1n : 0n;
  for (const [index, byte] of field.entries()) {
    const bits = index === 0 ? byte & 0x7f : byte;
    const filled = index === 0 && negative ? BigInt(bits) - 128n : BigInt(bits);
    value = index === 0 ? filled : value * 256n + filled;
  }
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw tarError(`the header's ${what} is out of range`);
  return result;
}
