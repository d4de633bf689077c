/** Extended attributes: which of a layer's are kept, and how EROFS has them on disk. */
import { refusal } from "../unpack/entry-name.ts";
import { NOT_RESTORED } from "../unpack/xattr-filter.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "./file-mode.ts";
import { XATTR_HEADER_SIZE } from "./format.ts";
import { ACCESS_ACL, DEFAULT_ACL, readAcl } from "./posix-acl.ts";

/** By full name, as latin1 text. */
export type Xattrs = ReadonlyMap<string, Buffer>;

const CAPABILITY = "security.capability";
export const OPAQUE_MARK = "trusted.overlay.opaque";

/** linux/fs/erofs/erofs_fs.h: names are kept without these. The kernel has no others on a file system of its own. */
const PREFIXES: readonly (readonly [prefix: string, index: number])[] = [
  ["user.", 1],
  [ACCESS_ACL, 2],
  [DEFAULT_ACL, 3],
  ["trusted.", 4],
  ["security.", 6],
];
const NAME_LIMIT = 255;
const VALUE_LIMIT = 65_535;
/** i_xattr_icount has 16 bits. */
const TOTAL_LIMIT = XATTR_HEADER_SIZE + 4 * 65_534;

/** Those that a file of this type gets, as setxattr(2) would have it. @throws IMAGE_LAYER_INVALID */
export function restorable(xattrs: Xattrs, mode: number): Map<string, Buffer> {
  const kept = new Map<string, Buffer>();
  for (const [key, value] of xattrs) {
    if (NOT_RESTORED.test(key)) continue;
    if (key.includes("\0")) throw refusal("an extended attribute's name holds a NUL byte");
    if (key === "" || key.length > NAME_LIMIT)
      throw refusal("an extended attribute's name is too long or empty");
    if (value.length > VALUE_LIMIT) throw refusal(`extended attribute ${JSON.stringify(key)} is too long`);
    const place = placeOf(key);
    if (place === undefined || !isAllowed(key, mode)) continue;
    if (place.name === "" && key.endsWith("."))
      throw refusal(`extended attribute ${JSON.stringify(key)} has no name`);
    if (key === CAPABILITY) checkCapability(value);
    kept.set(key, value);
  }
  return kept;
}

/**
 * Attributes of users are for files and directories, access lists not for symlinks (xattr(7), acl(5)). What other
 * security modules of the host go by is not for a layer to say: setting it needs CAP_SYS_ADMIN.
 */
function isAllowed(key: string, mode: number): boolean {
  const type = mode & S_IFMT;
  if (key.startsWith("user.")) return type === S_IFREG || type === S_IFDIR;
  if (key.startsWith("system.")) return type !== S_IFLNK;
  return key === CAPABILITY;
}

/** The mode that a file with these has: an access list and the mode are one (acl(5)). Takes away what says nothing. */
export function applyAcls(xattrs: Map<string, Buffer>, mode: number): number {
  const byDefault = xattrs.get(DEFAULT_ACL);
  if (byDefault !== undefined) {
    if ((mode & S_IFMT) !== S_IFDIR) throw refusal("only directories have default access control lists");
    if (readAcl(byDefault) === undefined) xattrs.delete(DEFAULT_ACL);
  }
  const own = xattrs.get(ACCESS_ACL);
  if (own === undefined) return mode;
  const acl = readAcl(own);
  if (acl?.extended !== true) xattrs.delete(ACCESS_ACL);
  return acl === undefined ? mode : (mode & ~0o777) | acl.permissions;
}

/** linux/capability.h: revision 2 of 20 bytes, or 3 of 24. With others nobody could run the file. */
function checkCapability(value: Buffer): void {
  const revision = value.length >= 4 ? value.readUInt32LE(0) >>> 24 : 0;
  if ((revision === 2 && value.length === 20) || (revision === 3 && value.length === 24)) return;
  throw refusal("the file's capabilities are malformed");
}

function placeOf(key: string): { readonly index: number; readonly name: string } | undefined {
  for (const [prefix, index] of PREFIXES) {
    if (prefix.endsWith(".") ? key.startsWith(prefix) : key === prefix)
      return { index, name: key.slice(prefix.length) };
  }
  return undefined;
}

/** Bytes behind an inode. @throws IMAGE_LAYER_INVALID when it is more than an inode can have */
export function xattrsSize(xattrs: Xattrs | undefined): number {
  if (xattrs === undefined || xattrs.size === 0) return 0;
  let size = XATTR_HEADER_SIZE;
  for (const [key, value] of xattrs) size += padded(4 + (placeOf(key)?.name.length ?? 0) + value.length);
  if (size > TOTAL_LIMIT) throw refusal("the file's extended attributes are too long in all");
  return size;
}

/** i_xattr_icount for a size. */
export function xattrCount(size: number): number {
  return size === 0 ? 0 : 1 + (size - XATTR_HEADER_SIZE) / 4;
}

/** `target` is zero as far as they reach. */
export function encodeXattrs(target: Buffer, start: number, xattrs: Xattrs): void {
  let at = start + XATTR_HEADER_SIZE;
  for (const [key, value] of xattrs) {
    const { index, name } = placeOf(key) ?? { index: 0, name: "" };
    target[at] = name.length;
    target[at + 1] = index;
    target.writeUInt16LE(value.length, at + 2);
    target.write(name, at + 4, "latin1");
    target.set(value, at + 4 + name.length);
    at += padded(4 + name.length + value.length);
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
