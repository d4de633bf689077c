/** Changes in a directory, awaited. A lost inotify event costs no more than the longest pause. */
import { watch } from "node:fs";

export interface DirectoryChanges extends Disposable {
  /** Resolves at a change, after the longest pause, or when aborted. */
  next(signal?: AbortSignal): Promise<void>;
}

/**
 * `longestPause` in milliseconds. With `only`, changes of other names do not count: where many wait in one directory,
 * each is woken for its own alone.
 */
export function watchDirectory(path: string, longestPause: number, only?: string): DirectoryChanges {
  let changed = false;
  let wake: (() => void) | undefined;
  const watcher = watch(path, (_event, name) => {
    if (only !== undefined && name !== null && name !== only) return;
    changed = true;
    wake?.();
  });
  const next = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(done, changed || signal?.aborted === true ? 0 : longestPause);
      changed = false;
      wake = done;
      signal?.addEventListener("abort", done, { once: true });
      function done(): void {
        clearTimeout(timer);
        wake = undefined;
        signal?.removeEventListener("abort", done);
        resolve();
      }
    });
  return { next, [Symbol.dispose]: () => watcher.close() };
}
