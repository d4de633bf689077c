/** Exit records: conmon writes the status to `<exitDir>/<id>` by rename, so a record is whole or absent. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import type { ExitRecord } from "../../ports/monitor.ts";
import { isErrno } from "../sys/libc.ts";
import { watchDirectory } from "../sys/watch-directory.ts";

/** Milliseconds: a lost watch event, or a monitor that was killed, is noticed after so long. */
const LONGEST_PAUSE = 50;

export function exitDirectory(runRoot: string): string {
  return `${runRoot}/exits`;
}

/** conmon makes it in the bundle of a container that ran out of memory. */
export function oomFile(runRoot: string, id: string): string {
  return `${runRoot}/containers/${id}/oom`;
}

export function readExitRecord(exitDir: string, id: string, oom: string): ExitRecord | undefined {
  const path = `${exitDir}/${id}`;
  try {
    const exitCode = Number.parseInt(readFileSync(path, "utf8"), 10);
    if (Number.isNaN(exitCode)) return undefined;
    // conmon writes -1 when its timeout has ended the container.
    return {
      exitCode,
      at: Math.floor(statSync(path).mtimeMs),
      oomKilled: existsSync(oom),
    };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Ids with a record; a file that conmon is still writing has a suffix of its own. */
export function listExitRecords(exitDir: string): string[] {
  try {
    return readdirSync(exitDir).filter((name) => /^[0-9a-f]{64}$/.test(name));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

export function removeExitRecord(exitDir: string, id: string): void {
  rmSync(`${exitDir}/${id}`, { force: true });
}

export interface ExitWait {
  readonly exitDir: string;
  readonly id: string;
  readonly read: () => ExitRecord | undefined;
  /** False once nobody is left who would write the record. */
  readonly monitorLives: () => boolean;
  readonly signal?: AbortSignal;
}

/** Resolves with the record, or with undefined when the monitor is gone without one or the wait was aborted. */
export async function waitForRecord(wait: ExitWait): Promise<ExitRecord | undefined> {
  const at = wait.read();
  if (at !== undefined) return at;
  mkdirSync(wait.exitDir, { recursive: true, mode: 0o700 });
  using changes = watchDirectory(wait.exitDir, LONGEST_PAUSE, wait.id);
  while (wait.signal?.aborted !== true) {
    // Life first: a record that a dying monitor wrote is then seen by the read after it.
    const alive = wait.monitorLives();
    const record = wait.read();
    if (record !== undefined || !alive) return record;
    await changes.next(wait.signal);
  }
  return undefined;
}
