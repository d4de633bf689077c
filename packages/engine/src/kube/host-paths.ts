/** Paths of the host that pods mount: looked at before anything is made, made where their type says so. */
import { closeSync, constants, lstatSync, mkdirSync, openSync, statSync, type Stats } from "node:fs";
import type { HostPathType } from "./play-plan.ts";

const MADE: readonly HostPathType[] = ["DirectoryOrCreate", "FileOrCreate"];

const KINDS: Readonly<Record<HostPathType, readonly [word: string, is: (stats: Stats) => boolean]>> = {
  "": ["", () => true],
  Directory: ["a directory", (stats) => stats.isDirectory()],
  DirectoryOrCreate: ["a directory", (stats) => stats.isDirectory()],
  File: ["a file", (stats) => stats.isFile()],
  FileOrCreate: ["a file", (stats) => stats.isFile()],
  Socket: ["a socket", (stats) => stats.isSocket()],
  CharDevice: ["a character device", (stats) => stats.isCharacterDevice()],
  BlockDevice: ["a block device", (stats) => stats.isBlockDevice()],
};

/** Why it cannot be mounted; undefined when it can, or will be once it is made. */
export function hostPathProblem(path: string, type: HostPathType): string | undefined {
  const [word, is] = KINDS[type];
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) return is(stats) ? undefined : `path ${path} is not ${word}`;
  if (!MADE.includes(type)) return `path ${path} does not exist`;
  // Making it would make what the link points to, wherever that is.
  const link = lstatSync(path, { throwIfNoEntry: false });
  return link === undefined ? undefined : `path ${path} is a symbolic link that leads nowhere`;
}

/** What `makeHostPath` would make, parents first; nothing where it is there, or is not to be made. */
export function missingParts(path: string, type: HostPathType): string[] {
  if (!MADE.includes(type)) return [];
  const missing: string[] = [];
  for (
    let at = path.replace(/(?<=.)\/+$/, "");
    at !== "" && !exists(at);
    at = at.slice(0, at.lastIndexOf("/"))
  ) {
    missing.unshift(at);
    // As in Kubernetes, a file's directory must be there.
    if (type === "FileOrCreate") break;
  }
  return missing;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Makes the missing parts, each within the directory that was opened before it: one that is swapped for a symbolic
 * link meanwhile (a container may hold the directory above) leads nowhere else.
 */
export function makeHostPath(path: string, type: HostPathType): void {
  const missing = missingParts(path, type);
  const [first] = missing;
  if (first === undefined) return;
  let directory = openSync(parentOf(first), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const part of missing) {
      const inside = `/proc/self/fd/${directory}/${part.slice(part.lastIndexOf("/") + 1)}`;
      if (type === "FileOrCreate") {
        closeSync(openSync(inside, NEW_FILE, 0o644));
      } else {
        mkdirSync(inside, 0o755);
        const next = openSync(inside, REAL_DIRECTORY);
        closeSync(directory);
        directory = next;
      }
    }
  } finally {
    closeSync(directory);
  }
}

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const REAL_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
