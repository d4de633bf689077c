/** Supervisor: a process of our own that is started when somebody wakes it and none is there. */
import { closeSync, constants, mkdirSync, openSync, utimesSync } from "node:fs";
import type { Log } from "../../base/log.ts";
import type { Supervisor } from "../../ports/supervisor.ts";
import { spawnProcess } from "../process/spawn.ts";
import { isErrno } from "../sys/libc.ts";
import { tryFlock } from "../sys/lock.ts";

export interface SupervisorPlace {
  /** Directory of its lock, its bell and its log. */
  readonly directory: string;
  /** Starts it: this program, the global options that lead to this store, the verb. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const ATTEMPTS = 10;

/** The supervisor holds it while it lives. A file whose lock is free was left by one that was killed. */
export const supervisorLock = (directory: string): string => `${directory}/lock`;
/** Touched to have it look again. */
export const supervisorBell = (directory: string): string => `${directory}/bell`;
export const supervisorLog = (directory: string): string => `${directory}/log`;
/** The descriptor with the lock that a supervisor is born with: between its start and its first look none is free. */
export const INHERITED_LOCK = 3;

export class OnDemandSupervisor implements Supervisor {
  readonly #place: SupervisorPlace;
  readonly #log: Log;

  constructor(place: SupervisorPlace, log: Log) {
    this.#place = place;
    this.#log = log;
  }

  /**
   * No wake is lost: what it is about is in the state before, and a supervisor that leaves looks at the state once
   * more after it has let its lock go.
   */
  wake(): void {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#wakeOnce();
      } catch (error) {
        // One that leaves takes the directory along.
        if (isErrno(error, "ENOENT") && attempt < ATTEMPTS) continue;
        const message = error instanceof Error ? error.message : String(error);
        return this.#log.warn(`cannot wake the supervisor: ${message}`);
      }
    }
  }

  tell(): void {
    try {
      const now = new Date();
      utimesSync(supervisorBell(this.#place.directory), now, now);
    } catch (error) {
      // Without one that runs there is no bell.
      if (!isErrno(error, "ENOENT")) this.#log.warn(`cannot tell the supervisor: ${String(error)}`);
    }
  }

  #wakeOnce(): void {
    const { directory } = this.#place;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#ring();
    const lock = openSync(supervisorLock(directory), constants.O_CREAT | constants.O_RDWR, 0o600);
    try {
      if (tryFlock(lock, "exclusive")) this.#start(lock);
    } finally {
      closeSync(lock);
    }
  }

  #ring(): void {
    const bell = supervisorBell(this.#place.directory);
    const now = new Date();
    try {
      utimesSync(bell, now, now);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
      closeSync(openSync(bell, constants.O_CREAT | constants.O_WRONLY, 0o600));
    }
  }

  #start(lock: number): void {
    const log = openSync(supervisorLog(this.#place.directory), "a", 0o600);
    try {
      spawnProcess({
        argv: this.#place.argv,
        env: this.#place.env,
        cwd: "/",
        stdin: "ignore",
        stdout: "ignore",
        stderr: log,
        extra: [lock],
        detached: true,
      }).unref();
    } finally {
      closeSync(log);
    }
  }
}

/** Whether a supervisor was killed: it leaves its lock's file behind, which one that ends by itself removes. */
export function wasKilled(directory: string): boolean {
  let lock: number;
  try {
    lock = openSync(supervisorLock(directory), constants.O_RDONLY);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
  try {
    return tryFlock(lock, "exclusive");
  } finally {
    closeSync(lock);
  }
}
