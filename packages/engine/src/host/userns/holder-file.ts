/** The note of the process that holds the user's namespaces: which one, since when, and which namespaces. */
import { readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import type { ProcessIdentity } from "../../ports/processes.ts";

export interface Holder extends ProcessIdentity {
  /** "user:[4026532177]": while anything is in them, no other namespaces of this boot have these names. */
  readonly user: string;
  readonly mnt: string;
}

export function readHolder(directory: string): Holder | undefined {
  const text = readIfThere(pathIn(directory));
  if (text === undefined) return undefined;
  const [pid, startTime, bootId = "", user = "", mnt = ""] = text.trim().split(" ");
  const holder = { pid: Number(pid), startTime: Number(startTime), bootId, user, mnt };
  return holder.pid > 1 && mnt !== "" ? holder : undefined;
}

/** Call with the lock held: the name is there with all that is in it, or not at all. */
export function writeHolder(directory: string, holder: Holder): void {
  const { pid, startTime, bootId, user, mnt } = holder;
  const draft = `${pathIn(directory)}.new`;
  writeFileSync(draft, `${pid} ${startTime} ${bootId} ${user} ${mnt}\n`, { mode: 0o600 });
  renameSync(draft, pathIn(directory));
}

/** For when nothing is left in the namespaces. */
export function forgetHolder(directory: string): void {
  rmSync(pathIn(directory), { force: true });
}

export function lockPathIn(directory: string): string {
  return `${directory}/podwright.userns.lock`;
}

/** @throws the system's error where the process is gone or another's */
export function namespacesOf(pid: number): Pick<Holder, "user" | "mnt"> {
  return { user: readlinkSync(`/proc/${pid}/ns/user`), mnt: readlinkSync(`/proc/${pid}/ns/mnt`) };
}

function pathIn(directory: string): string {
  return `${directory}/podwright.userns`;
}
