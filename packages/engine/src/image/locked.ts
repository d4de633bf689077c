/** Work under a lock whose file is not kept: layers and images come and go, their lock files must not stay. */
import type { Locks } from "../ports/lock.ts";

export async function withLock<T>(
  locks: Locks,
  name: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  using _lock = await locks.acquire(name, signal === undefined ? {} : { signal });
  try {
    return await work();
  } finally {
    locks.forget(name);
  }
}
