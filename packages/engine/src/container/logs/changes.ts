/** Waits until a log that is followed has probably grown, been rotated, or come to its end. */
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { sleep } from "../../base/sleep.ts";

/**
 * Milliseconds between looks while there is something to read: a change notice per write of a busy container
 * would cost more than looking.
 */
const BUSY_PAUSE = 10;
/** So many looks in vain, and the kernel is asked to tell instead. */
const IDLE_LOOKS = 10;
/** Milliseconds after which we look all the same: notices are not to be had everywhere. */
const LONGEST_PAUSE = 250;

export class LogChanges implements Disposable {
  readonly #path: string;
  #watcher: FSWatcher | undefined;
  #idle = 0;
  #woken = Promise.withResolvers<void>();

  constructor(path: string) {
    this.#path = path;
  }

  /** `found`: the last look has found something. Resolves when it is time to look again. */
  async next(found: boolean, signal?: AbortSignal): Promise<void> {
    this.#idle = found ? 0 : this.#idle + 1;
    if (this.#idle < IDLE_LOOKS) {
      this.#unwatch();
      return sleep(BUSY_PAUSE, signal);
    }
    // What was written before the watch began is found by one more look.
    if (this.#watcher === undefined && this.#watch()) return undefined;
    const waited = new AbortController();
    const stop = signal === undefined ? waited.signal : AbortSignal.any([signal, waited.signal]);
    await Promise.race([this.#woken.promise, sleep(LONGEST_PAUSE, stop)]);
    waited.abort();
    return undefined;
  }

  /** Ends the wait, now or the next time. */
  wake(): void {
    this.#woken.resolve();
    this.#woken = Promise.withResolvers<void>();
    this.#idle = 0;
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }

  #watch(): boolean {
    const own = basename(this.#path);
    try {
      this.#watcher = watch(dirname(this.#path), (_kind, name) => {
        if (name === null || name.startsWith(own)) this.wake();
      });
    } catch {
      // No directory yet, or no more watches to be had: then we look every now and then.
      return false;
    }
    this.#watcher.on("error", () => this.#unwatch());
    return true;
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
