/** The files of a log: `ctr.log`, and those before it that rotation has kept, `ctr.log.1` the youngest of them. */
import { statSync } from "node:fs";
import { type LogFile, openLogFile } from "./log-file.ts";

export interface LogPlace {
  readonly path: string;
  /** Files that are kept, the present one among them. */
  readonly maxFiles: number;
}

/** What a rotated file is called; number 0 is the present one. */
export function keptPath(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}

/**
 * All that are there, the oldest first. A rotation under way renames a file to a higher number: from the present
 * file upwards none is missed, and one that was met before is left out.
 */
export function openKept(place: LogPlace): LogFile[] {
  const files: LogFile[] = [];
  for (let number = 0; number < place.maxFiles; number += 1) {
    const file = openLogFile(keptPath(place.path, number));
    if (file === undefined) continue;
    if (files.some(({ inode }) => inode === file.inode)) file[Symbol.dispose]();
    else files.push(file);
  }
  return files.reverse();
}

/**
 * The file that follows `file`, once its writer has left it: then nothing more is written to `file`. Where it is
 * kept no longer, the oldest that is. Undefined while `file` is the youngest.
 */
export function openNext(place: LogPlace, file: LogFile | undefined): LogFile | undefined {
  for (;;) {
    const number = followerOf(place, file?.inode);
    if (number === undefined) return undefined;
    const next = openLogFile(keptPath(place.path, number));
    // Between the two looks the files may have moved on by one.
    if (next !== undefined && file !== undefined && !isFollower(place, file.inode, next.inode)) {
      next[Symbol.dispose]();
      continue;
    }
    if (next !== undefined) return next;
  }
}

function followerOf(place: LogPlace, inode: number | undefined): number | undefined {
  let younger: number | undefined;
  for (let number = 0; number < place.maxFiles; number += 1) {
    const found = inodeOf(place, number);
    if (found === undefined) continue;
    if (found === inode) return younger;
    younger = number;
  }
  return younger;
}

function isFollower(place: LogPlace, inode: number, next: number): boolean {
  const number = followerOf(place, inode);
  return number !== undefined && inodeOf(place, number) === next;
}

function inodeOf(place: LogPlace, number: number): number | undefined {
  return statSync(keptPath(place.path, number), { throwIfNoEntry: false })?.ino;
}
