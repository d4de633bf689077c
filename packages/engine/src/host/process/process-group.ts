/** Ends a process with all that belongs to it: its group, as the kernel sees it, and what it has started. */
import { readFileSync } from "node:fs";
import { namesIn } from "../../base/if-there.ts";
import { isErrno } from "../sys/libc.ts";
import { hasEndedIn, statFields } from "./processes.ts";

const SIGKILL = 9;
const SIGSTOP = 19;

/**
 * Kills a process with all of its group, but never our own group, and with all of its descendants, whatever session
 * they have opened. crun's helper opens the session in which an exec's process is no leader, so the group has to be
 * looked up.
 */
export function killWithAll(pid: number): void {
  if (!Number.isInteger(pid) || pid <= 1) return;
  const group = groupOf(pid);
  if (group === undefined) return;
  // Stopped first, none of them can start another while they are looked for; an orphan would be lost to us.
  const family = stopFamily(pid);
  const shared = group <= 1 || group === groupOf(process.pid);
  signal(shared ? pid : -group, SIGKILL);
  for (const member of family) signal(member, SIGKILL);
}

/** Longest wait for the kernel to end what was killed, in milliseconds. */
const LONGEST_END = 10_000;

/**
 * Kills a process with all of its descendants, and comes back when none of them runs any more: what they were doing
 * is done or will never be. Nobody else of its group is touched. What hangs in the kernel for too long is left. One of
 * the descendants may be who calls this: it is spared, with those between the two.
 */
export async function endFamily(pid: number): Promise<void> {
  if (!Number.isInteger(pid) || pid <= 1) return;
  const family = stopFamily(pid, ownLine());
  for (const member of family) signal(member, SIGKILL);
  const end = performance.now() + LONGEST_END;
  while (performance.now() < end && [...family].some((member) => !hasEndedIn(statFields(member)?.[0])))
    await Bun.sleep(2);
}

/** Without those that are spared, and what they have started; a root that is spared is not stopped. */
function stopFamily(root: number, spared: ReadonlySet<number> = new Set()): ReadonlySet<number> {
  const family = new Set([root]);
  if (!spared.has(root)) signal(root, SIGSTOP);
  // A set gives what is added to it while it is walked.
  for (const parent of family) {
    for (const child of childrenOf(parent)) {
      if (family.has(child) || spared.has(child)) continue;
      family.add(child);
      signal(child, SIGSTOP);
    }
  }
  return family;
}

/** This process and those that it descends from. */
function ownLine(): ReadonlySet<number> {
  const line = new Set<number>();
  for (let pid = process.pid; pid > 1 && !line.has(pid); pid = Number(statFields(pid)?.[1] ?? 0))
    line.add(pid);
  return line;
}

/** proc(5), /proc/PID/task/TID/children: a kernel may lack it, then the group has to do. */
function childrenOf(pid: number): number[] {
  return namesIn(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").trim();
      return text === "" ? [] : text.split(" ").map(Number);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ESRCH")) return [];
      throw error;
    }
  });
}

function signal(target: number, number: number): void {
  try {
    process.kill(target, number);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

function groupOf(pid: number): number | undefined {
  const group = statFields(pid)?.[2];
  return group === undefined ? undefined : Number(group);
}
