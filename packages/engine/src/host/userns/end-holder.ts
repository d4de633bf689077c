/** Ends the process that holds the user's namespaces: they go with the last process in them. */
import { readdirSync } from "node:fs";
import { ProcProcesses } from "../process/processes.ts";
import { isErrno } from "../sys/libc.ts";
import { forgetHolder, type Holder, namespacesOf, readHolder } from "./holder-file.ts";

const SIGKILL = 9;

/** From within: `directory` is the runtime directory by which they were entered. */
export function endHolder(directory: string): void {
  const holder = readHolder(directory);
  if (holder === undefined) return;
  new ProcProcesses().kill(holder, SIGKILL);
  // What another store of the user's runs in them is found by the note.
  if (!isSomebodyIn(holder)) forgetHolder(directory);
}

/** Beside the holder and this process. */
function isSomebodyIn(holder: Holder): boolean {
  return readdirSync("/proc").some((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === holder.pid || pid === process.pid) return false;
    try {
      const { user, mnt } = namespacesOf(pid);
      return user === holder.user && mnt === holder.mnt;
    } catch (error) {
      if (isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return false;
      throw error;
    }
  });
}
