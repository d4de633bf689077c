/**
 * A place for mounts that everybody in this mount namespace can go to. A runtime that has become root of a user
 * namespace without the engine's own ids may not go through the user's directories, which are the user's alone. A
 * directory that the user cannot enter is covered, in the user's own mount namespace: nobody loses anything by that.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { attachMount, FileSystemContext, MOUNT_ATTR } from "./file-system.ts";
import { isErrno } from "./libc.ts";
import { tryFlock } from "./lock.ts";
import { MS, mount, unmount, unmountAll } from "./mount.ts";

const COVERED: readonly string[] = ["/root", "/lost+found", "/sys/kernel/debug", "/sys/kernel/tracing"];
/** By it the cover is known as such. */
const MARK = ".podwright-mounts";
const PAUSE_MS = 1;

/** Shows `source` once more, `all` with what is mounted below, as `name`, and gives where. @throws HOST_CALL_FAILED */
export function showReachable(source: string, name: string, what: "mount" | "all" = "mount"): string {
  return withNamespaceLock(() => {
    const target = `${cover() ?? makeCover()}/${name}`;
    mkdirSync(target, { recursive: true, mode: 0o700 });
    unmountAll(target);
    mount({ source, target, flags: what === "all" ? MS.BIND | MS.REC : MS.BIND });
    return target;
  });
}

/** Idempotent. The cover goes with the last one. */
export function hideReachable(name: string): void {
  const found = cover();
  if (found === undefined) return;
  withNamespaceLock(() => {
    const target = `${found}/${name}`;
    unmountAll(target);
    if (existsSync(target)) rmdirSync(target);
    if (cover() === found && readdirSync(found).every((entry) => entry === MARK)) unmount(found);
  });
}

function cover(): string | undefined {
  return COVERED.find((path) => existsSync(`${path}/${MARK}`));
}

/** The mark is in it before anybody sees it. */
function makeCover(): string {
  const path = COVERED.find((candidate) => existsSync(candidate) && !canEnter(candidate));
  if (path === undefined) {
    throw new EngineError(
      "HOST_CALL_FAILED",
      "a container in a user namespace without your own user cannot be shown its files: no directory is there to cover",
      { hint: `one of ${COVERED.join(", ")} has to be closed to ordinary users, as /root usually is` },
    );
  }
  using context = new FileSystemContext("tmpfs");
  for (const [key, value] of [
    ["source", "podwright"],
    ["mode", "711"],
    ["size", "1m"],
  ] as const) {
    context.setString(key, value);
  }
  const fd = context.mount(MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC);
  try {
    writeFileSync(`/proc/self/fd/${fd}/${MARK}`, "", { mode: 0o600 });
    attachMount(fd, path);
  } finally {
    closeSync(fd);
  }
  return path;
}

function canEnter(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (isErrno(error, "EACCES")) return false;
    throw error;
  }
}

/** Held for a few system calls, by all that share the mount namespace, of whatever store. */
function withNamespaceLock<T>(work: () => T): T {
  const fd = openSync("/proc/self/ns/mnt", "r");
  try {
    while (!tryFlock(fd, "exclusive")) Bun.sleepSync(PAUSE_MS);
    return work();
  } finally {
    closeSync(fd);
  }
}
