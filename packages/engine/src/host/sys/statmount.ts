/** statmount(2): what one mount is, without walking through all others as /proc/self/mountinfo does. */
import { dlopen, ptr } from "bun:ffi";
import { cstr, LIBC } from "./libc.ts";

/** The same numbers on every architecture. */
const SYS_STATMOUNT = 457;
const AT_FDCWD = -100;
const STATX_MNT_ID_UNIQUE = 0x4000;
const STATX_SIZE = 256;
const STATX_MASK = 0;
const STATX_MNT_ID = 144;

const REQUEST_SIZE = 24;
const MNT_ROOT = 0x08;
const FS_TYPE = 0x20;
const MNT_OPTS = 0x80;
const NEEDED = MNT_ROOT | FS_TYPE;
/** Offsets in struct statmount; strings lie behind its end, each at an offset from there. */
const GIVEN = 8;
const OPTIONS_AT = 4;
const TYPE_AT = 36;
const ROOT_AT = 104;
const STRINGS = 512;
const ANSWER_SIZE = 4096;

export interface MountStat {
  readonly type: string;
  /** The directory of its file system that the mount shows as its top. */
  readonly root: string;
  /** Of its file system, separated by commas; none before Linux 6.11. */
  readonly options: string;
}

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
    syscall: { args: ["i64", "ptr", "ptr", "u64", "i64"], returns: "i64" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/** Of the mount that `path` is in. Undefined where there is no such path, or no such call (before Linux 6.8). */
export function mountOf(path: string): MountStat | undefined {
  const file = Buffer.alloc(STATX_SIZE);
  if (libc().statx(AT_FDCWD, cstr(path), 0, STATX_MNT_ID_UNIQUE, file) !== 0) return undefined;
  if ((file.readUInt32LE(STATX_MASK) & STATX_MNT_ID_UNIQUE) === 0) return undefined;
  const request = Buffer.alloc(REQUEST_SIZE);
  request.writeUInt32LE(REQUEST_SIZE, 0);
  request.writeBigUInt64LE(file.readBigUInt64LE(STATX_MNT_ID), 8);
  request.writeBigUInt64LE(BigInt(NEEDED | MNT_OPTS), 16);
  const answer = Buffer.alloc(ANSWER_SIZE);
  if (Number(libc().syscall(SYS_STATMOUNT, ptr(request), ptr(answer), ANSWER_SIZE, 0)) !== 0)
    return undefined;
  const given = answer.readUInt32LE(GIVEN);
  if ((given & NEEDED) !== NEEDED) return undefined;
  return {
    type: textAt(answer, TYPE_AT),
    root: textAt(answer, ROOT_AT),
    options: (given & MNT_OPTS) === 0 ? "" : textAt(answer, OPTIONS_AT),
  };
}

function textAt(answer: Buffer, field: number): string {
  const start = STRINGS + answer.readUInt32LE(field);
  return answer.toString("utf8", start, answer.indexOf(0, start));
}
