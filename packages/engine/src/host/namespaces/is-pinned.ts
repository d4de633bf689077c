/** Whether a namespace is kept by a bind mount: for those who only look. */
import { statfsSync } from "node:fs";
import type { PinnedNamespace } from "../../ports/namespaces.ts";
import { isErrno } from "../sys/libc.ts";

const NSFS_MAGIC = 0x6e736673;

export function isPinned(dir: string, kind: PinnedNamespace | "user"): boolean {
  try {
    return statfsSync(`${dir}/${kind}`).type === NSFS_MAGIC;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
