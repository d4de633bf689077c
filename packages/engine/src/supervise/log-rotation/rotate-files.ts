/** Makes room for a new log file by renaming: killed after any step, it leaves every line in its place. */
import { existsSync, renameSync } from "node:fs";

export interface RotatedLog {
  readonly path: string;
  /** Files that are kept, the present one among them. */
  readonly maxFiles: number;
}

/**
 * The present file becomes number 1, the others one more, and the last of them goes. Its writer still has the present
 * file open and goes on in it, until it is told to open a new one. False when there was nothing to rename.
 */
export function rotateFiles({ path, maxFiles }: RotatedLog): boolean {
  if (!existsSync(path)) return false;
  // A rotation that was cut short has left a gap: the files below it are moved into it, and none is dropped.
  let gap = 1;
  while (gap < maxFiles - 1 && existsSync(`${path}.${gap}`)) gap += 1;
  for (let number = gap; number > 1; number -= 1) renameSync(`${path}.${number - 1}`, `${path}.${number}`);
  renameSync(path, `${path}.1`);
  return true;
}
