/** Process groups, as the kernel sees them: not every process of interest leads its own. */
import { readFileSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";

const SIGKILL = 9;

/**
 * Kills a process with all of its group, but never our own group. crun's helper opens the session in which an exec's
 * process is no leader, so the group has to be looked up.
 */
export function killWithGroup(pid: number): void {
  if (!Number.isInteger(pid) || pid <= 1) return;
  const group = groupOf(pid);
  if (group === undefined) return;
  const shared = group <= 1 || group === groupOf(process.pid);
  try {
    process.kill(shared ? pid : -group, SIGKILL);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

/** Field 5 of proc(5)'s stat, behind a name that may hold anything. */
function groupOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[2]);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
