/** setfsuid(2), setfsgid(2): makes files as somebody else for a synchronous moment, with all of root's rights. */
import { dlopen } from "bun:ffi";
import { check, LIBC } from "./libc.ts";

const PR_GET_SECUREBITS = 27;
const PR_SET_SECUREBITS = 28;
/** Without it the kernel takes the rights over files away with the uid. */
const SECBIT_NO_SETUID_FIXUP = 4;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    setfsuid: { args: ["u32"], returns: "i32" },
    setfsgid: { args: ["u32"], returns: "i32" },
    prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

export interface FileIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Runs `work` with these ids on files, the calling thread's alone. `work` must be synchronous. Whoever has no id that a
 * mount knows cannot make a file in it, nor can the overlay that he mounts.
 */
export function withFileIds<T>({ uid, gid }: FileIds, work: () => T): T {
  const { prctl, setfsgid, setfsuid } = libc();
  const bits = check(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0), () => "read secure bits");
  check(prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0), () => "set secure bits");
  const oldGid = setfsgid(gid);
  const oldUid = setfsuid(uid);
  try {
    return work();
  } finally {
    setfsuid(oldUid);
    setfsgid(oldGid);
    prctl(PR_SET_SECUREBITS, bits, 0, 0, 0);
  }
}
