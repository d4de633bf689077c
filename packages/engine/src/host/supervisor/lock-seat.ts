/** SupervisorSeat: the lock, the bell and the log of this process as the supervisor. */
import {
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
  watch,
  writeSync,
} from "node:fs";
import type { SupervisorSeat } from "../../ports/supervisor.ts";
import { isErrno } from "../sys/libc.ts";
import { isStillNamed, tryFlock } from "../sys/lock.ts";
import { INHERITED_LOCK, supervisorBell, supervisorLock, supervisorLog } from "./on-demand.ts";

export interface SeatPlace {
  /** Directory of the lock and the bell. */
  readonly directory: string;
  /** Where monitors leave the exits of containers. */
  readonly exits: string;
  /** A file that is there, and the same, while the store is. */
  readonly store: string;
}

/**
 * Milliseconds. The runtime's watcher keeps an event to itself that is like the last one and comes a millisecond after
 * it: what that one told of is seen by answering each a second time.
 */
const ECHO = 10;

export class LockSeat implements SupervisorSeat {
  readonly #place: SeatPlace;
  readonly #store: string | undefined;
  #lock: number | undefined;

  constructor(place: SeatPlace) {
    this.#place = place;
    this.#store = identityOf(place.store);
  }

  take(): boolean {
    const path = supervisorLock(this.#place.directory);
    mkdirSync(this.#place.directory, { recursive: true, mode: 0o700 });
    const lock = inherited(path) ?? openSync(path, constants.O_CREAT | constants.O_RDWR, 0o600);
    if (tryFlock(lock, "exclusive") && isStillNamed(lock, path)) {
      this.#lock = lock;
      // Whoever has to end us (`system reset`) reads whom to tell.
      ftruncateSync(lock);
      writeSync(lock, String(process.pid), 0);
      return true;
    }
    closeSync(lock);
    return false;
  }

  leave(): void {
    if (this.#lock === undefined) return;
    const path = supervisorLock(this.#place.directory);
    // The file of another one, after a reset, is not ours to remove.
    if (isStillNamed(this.#lock, path)) {
      this.#removeTraces();
      rmSync(path, { force: true });
      removeIfEmpty(this.#place.directory);
    }
    this.abandon();
  }

  /** Whoever rings makes the bell again. */
  #removeTraces(): void {
    rmSync(supervisorBell(this.#place.directory), { force: true });
    const log = supervisorLog(this.#place.directory);
    if (statSync(log, { throwIfNoEntry: false })?.size === 0) rmSync(log, { force: true });
  }

  abandon(): void {
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }

  isHeld(): boolean {
    if (this.#lock === undefined || !isStillNamed(this.#lock, supervisorLock(this.#place.directory)))
      return false;
    return this.#store !== undefined && identityOf(this.#place.store) === this.#store;
  }

  listen(ring: () => void): Disposable {
    mkdirSync(this.#place.exits, { recursive: true, mode: 0o700 });
    closeSync(openSync(supervisorBell(this.#place.directory), "a", 0o600));
    // One that fails (the directory is gone) is answered by the next regular look.
    let echo: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      ring();
      clearTimeout(echo);
      echo = setTimeout(ring, ECHO);
    };
    const watchers = [this.#place.directory, this.#place.exits].map((path) =>
      watch(path, (_event, name) => {
        if (name === null || !name.startsWith("lo")) heard();
      }).on("error", heard),
    );
    return {
      [Symbol.dispose]: () => {
        clearTimeout(echo);
        for (const watcher of watchers) watcher.close();
      },
    };
  }
}

/** The lock that whoever started us took for us; undefined for one that was started by hand. */
function inherited(path: string): number | undefined {
  try {
    return isStillNamed(INHERITED_LOCK, path) ? INHERITED_LOCK : undefined;
  } catch (error) {
    if (isErrno(error, "EBADF")) return undefined;
    throw error;
  }
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

/** Its log, where something was told, is kept. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "ENOENT")) throw error;
  }
}
