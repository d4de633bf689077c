/**
 * One write transaction. SQLite lets one connection write at a time, and has the others look again after 1, 2, 5, 10,
 * 15, 20, 25 … milliseconds; a transaction of ours takes a fraction of one. So those that wait look again each
 * millisecond, or the last of many commands would sleep for most of its time.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type Database, SQLiteError } from "bun:sqlite";

/** Milliseconds that a writer waits for others. */
export const BUSY_TIMEOUT = 20_000;
const LOOK_AGAIN = 1;

/** Within another transaction it is part of that one: what fails in it alone is undone alone. */
export function write<T>(db: Database, work: () => T): T {
  if (db.inTransaction) return db.transaction(work)();
  try {
    return writeOnce(db, work);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  return onFullDisk(db, work);
}

/** What is in the log already goes to where it belongs, and the log begins anew: so that what frees space can be done. */
function onFullDisk<T>(db: Database, work: () => T): T {
  try {
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    return writeOnce(db, work);
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    throw new EngineError("STATE_FULL", `cannot write ${db.filename}: no space left on device`, {
      cause,
      hint: "make room there: outside of the store, by hand, or with image prune",
    });
  }
}

function writeOnce<T>(db: Database, work: () => T): T {
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

/** Quotas too: SQLite does not tell them from a full disk. */
function isFull(error: unknown): boolean {
  return error instanceof SQLiteError && error.code === "SQLITE_FULL";
}
