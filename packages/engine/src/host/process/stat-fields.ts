/** proc(5), /proc/PID/stat. */
import { readFileSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";

/** Up to the start time. */
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
