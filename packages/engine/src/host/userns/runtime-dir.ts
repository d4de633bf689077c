/** The user's runtime directory: on a tmpfs, the user's alone, the same for each login. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { lstatSync, mkdirSync, statSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface RuntimeDirOptions {
  readonly env: Environment;
  readonly uid: number;
  /** Parents of the usual and of the last resort; others in tests. */
  readonly logins?: string;
  readonly temporary?: string;
}

const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;

/**
 * Those that are there, the best first. What the environment names may be another user's (`su` keeps it) or gone with
 * its login; a command without it has to find the same directory as one with it.
 */
export function* runtimeDirectories(options: RuntimeDirOptions): Generator<string> {
  const named = options.env["XDG_RUNTIME_DIR"];
  if (named !== undefined && named.startsWith("/") && isOurs(named, options.uid)) yield named;
  const usual = `${options.logins ?? "/run/user"}/${options.uid}`;
  if (usual !== named && isOurs(usual, options.uid)) yield usual;
  const last = lastResort(options);
  if (isThere(last)) yield checked(last, options.uid);
}

/** The best one; made where the machine has none for the user. @throws USERNS_UNAVAILABLE */
export function runtimeDirectory(options: RuntimeDirOptions): string {
  for (const directory of runtimeDirectories(options)) return directory;
  const directory = lastResort(options);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
  return checked(directory, options.uid);
}

/** Anybody can make names there. */
function lastResort({ uid, temporary = "/tmp" }: RuntimeDirOptions): string {
  return `${temporary}/podwright-run-${uid}`;
}

function isOurs(path: string, uid: number): boolean {
  try {
    const stat = statSync(path);
    return stat.isDirectory() && stat.uid === uid && (stat.mode & WRITABLE_BY_OTHERS) === 0;
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "ENOTDIR", "ELOOP")) return false;
    throw error;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Of the directory itself, not of what a link leads to. */
function checked(path: string, uid: number): string {
  const stat = lstatSync(path);
  if (stat.isDirectory() && stat.uid === uid && (stat.mode & OPEN_TO_OTHERS) === 0) return path;
  throw new EngineError("USERNS_UNAVAILABLE", `${path} is not a directory that belongs to you alone`, {
    hint: `remove it, or set XDG_RUNTIME_DIR to a directory of yours with mode 0700 on a tmpfs`,
  });
}
