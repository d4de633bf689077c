/** open_tree(2) and mount_setattr(2): a mount of a directory once more, with its owners seen through a user namespace. */
import { dlopen, ptr } from "bun:ffi";
import { closeSync } from "node:fs";
import { check, cstr, LIBC } from "./libc.ts";

const NR = { openTree: 428, mountSetattr: 442 } as const;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const OPEN_TREE_CLONE = 1;
const O_CLOEXEC = 0x80000;
const MOUNT_ATTR_IDMAP = 0x100000n;
/** struct mount_attr: attr_set, attr_clr, propagation, userns_fd; 64 bits each. */
const ATTR_SIZE = 32;

let library: ReturnType<typeof open> | undefined;
function open() {
  return dlopen(LIBC, {
    syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  }).symbols;
}
const libc = (): ReturnType<typeof open> => (library ??= open());

/**
 * A detached mount of `path`, whose owners on disk are the user namespace's ids: its descriptor is the only way to it.
 * What is mounted below is not part of it.
 * @throws HOST_CALL_FAILED with `details.errno`: EINVAL where the file system has no such mounts, ENOSYS before 5.12
 */
export function idmappedMount(path: string, userNamespace: number): number {
  const opened = libc().syscall(NR.openTree, AT_FDCWD, ptr(cstr(path)), OPEN_TREE_CLONE | O_CLOEXEC, 0, 0);
  const tree = check(opened, () => `open mount of ${path}`);
  try {
    const attr = Buffer.alloc(ATTR_SIZE);
    attr.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0);
    attr.writeBigUInt64LE(BigInt(userNamespace), 24);
    const set = libc().syscall(NR.mountSetattr, tree, ptr(cstr("")), AT_EMPTY_PATH, ptr(attr), ATTR_SIZE);
    check(set, () => `map the owners in ${path}`);
    return tree;
  } catch (error) {
    closeSync(tree);
    throw error;
  }
}
