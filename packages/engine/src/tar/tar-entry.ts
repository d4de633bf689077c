/** What a tar archive says of one file. Names are bytes: they need not be text in any encoding. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export type TarEntryType =
  | "file"
  | "hardlink"
  | "symlink"
  | "char"
  | "block"
  | "directory"
  | "fifo"
  /** A type that no layer should hold; `flag` has the archive's letter. */
  | "other";

export interface TarTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface TarHeader {
  readonly type: TarEntryType;
  /** The archive's own type letter. */
  readonly flag: string;
  readonly name: Buffer;
  readonly linkName: Buffer;
  /** Permission bits with set-id and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of the file as it will be, holes included. */
  readonly size: number;
  readonly mtime: TarTime;
  readonly atime: TarTime | undefined;
  readonly devMajor: number;
  readonly devMinor: number;
  /** By full name ("security.capability"), as latin1 text. */
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

/** A run of data in a file; what lies between runs is a hole. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** Longest extended header or long name that is read into memory (Go's archive/tar has the same limit). */
export const SPECIAL_LIMIT = 1 << 20;

export const BLOCK = 512;

export function tarError(message: string): EngineError {
  return new EngineError("IMAGE_ARCHIVE_INVALID", message);
}

/** A name as an error message shows it: quoted, and no byte of it can act on a terminal. */
export function showName(name: Buffer): string {
  const text = name.toString("utf8");
  return JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text).replaceAll("\u007f", "\\u007f");
}
