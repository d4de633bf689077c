/** Opens the store's database: WAL, a busy timeout before anything else, migrations in order. */
import { Database, SQLiteError } from "bun:sqlite";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { chmodSync, mkdirSync, statSync } from "node:fs";
import initial from "./migrations/001-initial.sql" with { type: "text" };
import plays from "./migrations/002-plays.sql" with { type: "text" };
import secrets from "./migrations/003-secrets.sql" with { type: "text" };
import jobs from "./migrations/004-jobs.sql" with { type: "text" };
import { BUSY_TIMEOUT } from "./write.ts";

/** In order; the n-th brings `PRAGMA user_version` from n-1 to n. Never edited once released. */
const MIGRATIONS: readonly string[] = [initial, plays, secrets, jobs];

/** Commands leave the log behind, and the first one to come reads all of it: a megabyte takes about a millisecond. */
const LOG_PAGES = 256;

const OPEN_TO_OTHERS = 0o077;

/** Of the file's beginning; more is read the usual way. */
const MAPPED_BYTES = 64 * 1024 * 1024;

export interface StoreOwner {
  /** Nobody else may enter: an ordinary user's. */
  readonly alone: boolean;
}

/**
 * `root` is the store's directory; it is made when missing.
 * @throws STATE_UNREADABLE when a newer engine wrote it, when it is damaged, or another user's
 */
export function openDatabase(root: string, { alone }: StoreOwner): Database {
  ensureRoot(root, alone);
  const path = `${root}/state.db`;
  const db = openFile(path);
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

function openFile(path: string): Database {
  try {
    return new Database(path);
  } catch (cause) {
    throw new EngineError("STATE_UNREADABLE", `cannot open state ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** In a user namespace all of the user's own is root's there, and what others have is not. */
function ensureRoot(root: string, alone: boolean): void {
  try {
    const found = alone ? statSync(root, { throwIfNoEntry: false }) : undefined;
    if (found === undefined) mkdirSync(root, { recursive: true, mode: alone ? 0o700 : 0o711 });
    else if (found.uid !== 0) throw new Error("it belongs to another user");
    else if ((found.mode & OPEN_TO_OTHERS) !== 0) chmodSync(root, 0o700);
  } catch (cause) {
    throw new EngineError("STATE_UNREADABLE", `cannot use ${root} as store: ${reasonOf(cause)}`, {
      cause,
      ...(alone ? { hint: "set XDG_DATA_HOME, or --root, to a directory of yours" } : {}),
    });
  }
}

/** "read-only file system" of "EROFS: read-only file system, mkdir '/x'". */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return /^E[A-Z0-9]+: ([^,]+), /.exec(text)?.[1] ?? text;
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
