/** Process identities from /proc: a pid counts only with its start time, in this boot. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ProcessIdentity, Processes } from "../../ports/processes.ts";
import { isErrno } from "../sys/libc.ts";

export class ProcProcesses implements Processes {
  #bootId: string | undefined;

  get bootId(): string {
    this.#bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return this.#bootId;
  }

  identify(pid: number): ProcessIdentity | undefined {
    const fields = statFields(pid);
    if (hasEndedIn(fields?.[0])) return undefined;
    return { pid, startTime: Number(fields?.[19]), bootId: this.bootId };
  }

  isAlive(identity: ProcessIdentity): boolean {
    if (identity.bootId !== this.bootId) return false;
    return this.identify(identity.pid)?.startTime === identity.startTime;
  }

  kill(identity: ProcessIdentity, signal: number): boolean {
    if (!this.isAlive(identity)) return false;
    try {
      process.kill(identity.pid, signal);
      return true;
    } catch (error) {
      if (isErrno(error, "ESRCH")) return false;
      throw error;
    }
  }

  sharingMounts(pid: number): number[] {
    const wanted = mountNamespaceOf(pid);
    if (wanted === undefined) return [];
    const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return all.filter((name) => mountNamespaceOf(name) === wanted).map(Number);
  }
}

function mountNamespaceOf(pid: string | number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch (error) {
    // Another user's, which is none of ours to see.
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
    throw error;
  }
}

/** Of /proc/PID/stat (proc(5)), up to the start time. */
const FIELDS = 20;

/**
 * The fields from the third one on (0: state, 1: parent, 2: group, 19: start time), for the second one is a name that
 * may hold anything. undefined when there is no such process.
 */
export function statFields(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ", FIELDS);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/** Whether a state is one of those that have ended: a zombie's is. */
export function hasEndedIn(state: string | undefined): boolean {
  return state === undefined || state === "Z" || state === "X";
}
