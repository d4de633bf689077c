/** A lock that is the directory which it guards: with the directory it goes, and no file of its own is left behind. */
import { closeSync, constants, mkdirSync, openSync, rmdirSync } from "node:fs";
import { sleep } from "../../../base/sleep.ts";
import { isErrno } from "../../sys/libc.ts";
import { isStillNamed, tryFlock } from "../../sys/lock.ts";

const FIRST_PAUSE_MS = 0.5;
const LONGEST_PAUSE_MS = 4;

/** Makes the directory where it is missing. */
export async function lockDirectory(path: string): Promise<Disposable> {
  for (;;) {
    makeDirectory(path);
    const lock = await lockIfThere(path);
    if (lock !== undefined) return lock;
  }
}

/** Waits in short sleeps, so that Ctrl-C works. undefined where there is no such directory, or no longer. */
export async function lockIfThere(path: string): Promise<Disposable | undefined> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const fd = openIfThere(path);
    if (fd === undefined) return undefined;
    const taken = tryFlock(fd, "exclusive");
    if (taken && isStillNamed(fd, path)) return { [Symbol.dispose]: () => closeSync(fd) };
    closeSync(fd);
    if (!taken) await sleep(pause);
  }
}

/** With its parents, which others may be removing as empty at this moment. */
export function makeDirectory(path: string): void {
  for (;;) {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      return;
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
}

/** False where something is in it; one that is not there counts as removed. */
export function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return true;
    if (isErrno(error, "ENOTEMPTY", "EBUSY")) return false;
    throw error;
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
