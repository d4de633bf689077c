/** The highest id among the owners of a stack's files, and of its accounts: what a user namespace for it needs. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import type { OpenLayer } from "../../ports/layer-mounts.ts";
import { isErrno } from "../sys/libc.ts";

/** "nobody": no image needs 65,535 ids for the sake of it. */
const NOBODY = 65_534;
const MOST_ACCOUNTS = 4 << 20;

export function highestId(layers: readonly OpenLayer[]): number {
  let highest = 0;
  for (const { fd } of layers) {
    highest = Math.max(highest, ownersBelow(`/proc/self/fd/${fd}`));
    for (const name of ["passwd", "group"]) {
      highest = Math.max(highest, ...accountIds(`/proc/self/fd/${fd}/etc/${name}`));
    }
  }
  return highest;
}

/** By paths: each layer is a tree that nobody changes, and no link in it is followed. */
function ownersBelow(top: string): number {
  let highest = 0;
  const pending = [`${top}/.`];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = `${directory}/${entry.name}`;
      const { uid, gid } = lstatSync(path);
      highest = Math.max(highest, uid, gid);
      if (entry.isDirectory()) pending.push(path);
    }
  }
  return highest;
}

/** passwd(5), group(5): the third field, and of users the fourth. */
function accountIds(path: string): number[] {
  return textOf(path)
    .split("\n")
    .flatMap((line) => {
      const [name = "", , id = "", group = ""] = line.split(":");
      if (name === "nobody" || name === "nogroup") return [];
      const ids = path.endsWith("/passwd") ? [id, group] : [id];
      return ids.filter((text) => /^\d{1,10}$/.test(text)).map(Number);
    })
    .filter((id) => id !== NOBODY);
}

function textOf(path: string): string {
  try {
    const { size } = lstatSync(path);
    return size > MOST_ACCOUNTS || !lstatSync(path).isFile() ? "" : readFileSync(path, "latin1");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return "";
    throw error;
  }
}
