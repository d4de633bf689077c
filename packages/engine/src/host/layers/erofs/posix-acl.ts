/** Access control lists as setxattr(2) takes them (linux/posix_acl_xattr.h), and what they make of a file's mode. */
import { refusal } from "../unpack/entry-name.ts";

export const ACCESS_ACL = "system.posix_acl_access";
export const DEFAULT_ACL = "system.posix_acl_default";

const VERSION = 2;
const HEADER = 4;
const ENTRY = 8;
const TAG = {
  userObject: 0x01,
  user: 0x02,
  groupObject: 0x04,
  group: 0x08,
  mask: 0x10,
  other: 0x20,
} as const;
/** Tags in the order that the kernel asks for, each as a letter, with the number of them. */
const ORDER = /^(?:UGO|Uu*Gg*MO)$/;
const LETTERS: ReadonlyMap<number, string> = new Map([
  [TAG.userObject, "U"],
  [TAG.user, "u"],
  [TAG.groupObject, "G"],
  [TAG.group, "g"],
  [TAG.mask, "M"],
  [TAG.other, "O"],
]);

export interface AppliedAcl {
  /** Permission bits as the list has them. */
  readonly permissions: number;
  /** It says more than the permission bits: without that it is not kept. */
  readonly extended: boolean;
}

/** undefined for an empty list, and one of a form that is not known: there is none then. @throws IMAGE_LAYER_INVALID for one that the kernel refuses */
export function readAcl(value: Buffer): AppliedAcl | undefined {
  if (value.length < HEADER) throw malformed();
  if (value.readUInt32LE(0) !== VERSION || value.length === HEADER) return undefined;
  if ((value.length - HEADER) % ENTRY !== 0) throw malformed();
  let order = "";
  const permissions = new Map<number, number>();
  for (let at = HEADER; at < value.length; at += ENTRY) {
    const tag = value.readUInt16LE(at);
    const bits = value.readUInt16LE(at + 2);
    if (bits > 7) throw malformed();
    order += LETTERS.get(tag) ?? "?";
    permissions.set(tag, bits);
  }
  if (!ORDER.test(order)) throw malformed();
  const group = permissions.get(TAG.mask) ?? permissions.get(TAG.groupObject) ?? 0;
  const user = permissions.get(TAG.userObject) ?? 0;
  const other = permissions.get(TAG.other) ?? 0;
  return { permissions: (user << 6) | (group << 3) | other, extended: permissions.has(TAG.mask) };
}

function malformed(): Error {
  return refusal("an access control list is malformed");
}
