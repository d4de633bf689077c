/**
 * One write transaction. SQLite lets one connection write at a time, and has the others look again after 1, 2, 5, 10,
 * 15, 20, 25 … milliseconds; a transaction of ours takes a fraction of one. So those that wait look again each
 * millisecond, or the last of many commands would sleep for most of its time.
 */
import { type Database, SQLiteError } from "bun:sqlite";

/** Milliseconds that a writer waits for others. */
export const BUSY_TIMEOUT = 20_000;
const LOOK_AGAIN = 1;

/** Within another transaction it is part of that one: what fails in it alone is undone alone. */
export function write<T>(db: Database, work: () => T): T {
  if (db.inTransaction) return db.transaction(work)();
  begin(db);
  try {
    const result = work();
    db.run("COMMIT");
    return result;
  } catch (error) {
    // Some failures have undone it already.
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
}

function begin(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${LOOK_AGAIN}`);
  try {
    const end = performance.now() + BUSY_TIMEOUT;
    for (;;) {
      try {
        db.run("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > end) throw error;
      }
    }
  } finally {
    // Readers wait for those who open or recover the file.
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && error.code?.startsWith("SQLITE_BUSY") === true;
}
