/** Named locks as flock(2) on files below the run directory; the kernel releases those of a dead process. */
import { namesIn } from "../../base/if-there.ts";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { HeldLock, Locks } from "../../ports/lock.ts";
import { isErrno } from "../sys/libc.ts";
import { isStillNamed, tryFlock } from "../sys/lock.ts";

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;

type Mode = "shared" | "exclusive";

export class FlockLocks implements Locks {
  readonly #directory: string;
  /** Those of this process that wait, by the lock's name: our own release wakes them before their pause is over. */
  readonly #waiting = new Map<string, Set<AbortController>>();

  /** `directory` is made on first use. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async acquire(name: string, options: { mode?: Mode; signal?: AbortSignal } = {}): Promise<HeldLock> {
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const held = this.#attempt(name, options.mode ?? "exclusive");
      if (held !== undefined) return held;
      if (options.signal?.aborted) throw new EngineError("CANCELED", `waiting for lock ${name}: canceled`);
      await this.#pause(name, pause, options.signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  tryAcquire(name: string): HeldLock | undefined {
    try {
      return this.#attempt(name, "exclusive");
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  forget(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  sweep(isGone: (name: string) => boolean): void {
    for (const name of namesIn(this.#directory)) {
      if (!isGone(name)) continue;
      using held = this.tryAcquire(name);
      if (held !== undefined) this.forget(name);
    }
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  /** A name may lead into a directory of its object; that one is never made here, or it would outlive the object. */
  #open(path: string): number {
    try {
      return openSync(path, "a", 0o600);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      return openSync(path, "a", 0o600);
    }
  }

  #attempt(name: string, mode: Mode): HeldLock | undefined {
    const path = this.#path(name);
    const fd = this.#open(path);
    if (!tryFlock(fd, mode) || !isStillNamed(fd, path)) {
      closeSync(fd);
      return undefined;
    }
    return new FileLock(name, fd, () => this.#wake(name));
  }

  async #pause(name: string, ms: number, signal: AbortSignal | undefined): Promise<void> {
    const alarm = new AbortController();
    const others = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, others.add(alarm));
    try {
      await sleep(ms, signal === undefined ? alarm.signal : AbortSignal.any([alarm.signal, signal]));
    } finally {
      others.delete(alarm);
      if (others.size === 0) this.#waiting.delete(name);
    }
  }

  #wake(name: string): void {
    for (const alarm of this.#waiting.get(name) ?? []) alarm.abort();
  }
}

class FileLock implements HeldLock {
  readonly name: string;
  readonly #released: () => void;
  #fd: number | undefined;

  constructor(name: string, fd: number, released: () => void) {
    this.name = name;
    this.#fd = fd;
    this.#released = released;
  }

  release(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#released();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
