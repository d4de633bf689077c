/** Opens the store's database: WAL, a busy timeout before anything else, migrations in order. */
import { Database, SQLiteError } from "bun:sqlite";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { mkdirSync } from "node:fs";
import initial from "./migrations/001-initial.sql" with { type: "text" };
import plays from "./migrations/002-plays.sql" with { type: "text" };
import secrets from "./migrations/003-secrets.sql" with { type: "text" };
import jobs from "./migrations/004-jobs.sql" with { type: "text" };
import { BUSY_TIMEOUT } from "./write.ts";

/** In order; the n-th brings `PRAGMA user_version` from n-1 to n. Never edited once released. */
const MIGRATIONS: readonly string[] = [initial, plays, secrets, jobs];

/** Commands leave the log behind, and the first one to come reads all of it: a megabyte takes about a millisecond. */
const LOG_PAGES = 256;

/** Of the file's beginning; more is read the usual way. */
const MAPPED_BYTES = 64 * 1024 * 1024;

/**
 * `root` is the store's directory; it is made when missing.
 * @throws STATE_UNREADABLE when a newer engine wrote it, or when it is damaged
 */
export function openDatabase(root: string): Database {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const path = `${root}/state.db`;
  const db = new Database(path);
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    db.run("PRAGMA foreign_keys = ON");
    // In WAL mode this cannot damage the file; a power cut may lose the last commands.
    db.run("PRAGMA synchronous = NORMAL");
    db.run(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    // A list of a thousand containers is read in half the time.
    db.run(`PRAGMA mmap_size = ${MAPPED_BYTES}`);
    migrate(db, path);
  } catch (cause) {
    db.close();
    if (cause instanceof EngineError) throw cause;
    if (cause instanceof SQLiteError && cause.code?.startsWith("SQLITE_BUSY") === true) {
      throw new EngineError("STATE_BUSY", `state ${path} is in use by another command for too long`, {
        cause,
      });
    }
    throw new EngineError("STATE_UNREADABLE", `cannot open state ${path}: ${String(cause)}`, { cause });
  }
  return db;
}

function migrate(db: Database, path: string): void {
  const version = readVersion(db);
  if (version === MIGRATIONS.length) return;
  if (version > MIGRATIONS.length) {
    throw new EngineError("STATE_UNREADABLE", `state ${path} was written by a newer version of the engine`, {
      hint: "use that version, or another --root",
    });
  }
  // Only at the first opening: the mode is a property of the file.
  db.run("PRAGMA journal_mode = WAL");
  const apply = db.transaction(() => {
    // Read again: another first command may have been quicker.
    for (const migration of MIGRATIONS.slice(readVersion(db))) db.run(migration);
    db.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
  apply.exclusive();
}

function readVersion(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}
