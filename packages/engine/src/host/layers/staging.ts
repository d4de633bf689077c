/** Work in progress under <root>/staging: each area is locked by its owner, so a dead owner's is known. */
import { namesIn } from "../../base/if-there.ts";
import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { StageArea, Staging } from "../../ports/blob-store.ts";
import { isErrno } from "../sys/libc.ts";
import { isStillNamed, tryFlock } from "../sys/lock.ts";

/**
 * The lock is a flock on the area's directory itself: it needs no pid, so it holds across pid namespaces and is
 * never mistaken when a pid comes again. The pid in the name is for people.
 */
export class LockedStaging implements Staging {
  readonly #directory: string;

  constructor(root: string) {
    this.#directory = `${root}/staging`;
  }

  async open(): Promise<LockedArea> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (;;) {
      const path = `${this.#directory}/${process.pid}-${randomTag()}`;
      mkdirSync(path, { mode: 0o700 });
      const fd = lockDirectory(path);
      // A sweep may have come between mkdir and lock and taken it for a dead one's.
      if (fd !== undefined) return new LockedArea(path, fd);
    }
  }

  async sweep(): Promise<void> {
    for (const name of namesIn(this.#directory)) {
      const path = `${this.#directory}/${name}`;
      const fd = lockDirectory(path);
      if (fd === undefined) continue;
      await new LockedArea(path, fd)[Symbol.asyncDispose]();
    }
  }
}

/** The global generator: loading node:crypto for six bytes would cost milliseconds. */
function randomTag(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("hex");
}

export class LockedArea implements StageArea {
  readonly path: string;
  /** Handed to a child process, it keeps the area locked until that one is gone too. */
  readonly fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    closeSync(this.fd);
  }
}

function lockDirectory(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  if (tryFlock(fd, "exclusive") && isStillNamed(fd, path)) return fd;
  closeSync(fd);
  return undefined;
}
