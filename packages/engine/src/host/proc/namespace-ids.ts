/** The ids of a process's namespaces (namespaces(7)): what `ps --ns` shows. */
import { readlinkSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";

const FILES = {
  mnt: "mnt",
  cgroup: "cgroup",
  ipc: "ipc",
  net: "net",
  pidns: "pid",
  uts: "uts",
  user: "user",
} as const;

export type NamespaceKind = keyof typeof FILES;

/** undefined when the process is gone. */
export function namespaceIds(pid: number): Record<NamespaceKind, string> | undefined {
  try {
    const read = (kind: NamespaceKind): string => {
      const target = readlinkSync(`/proc/${pid}/ns/${FILES[kind]}`);
      return /\[(\d+)\]/.exec(target)?.[1] ?? "";
    };
    return {
      mnt: read("mnt"),
      cgroup: read("cgroup"),
      ipc: read("ipc"),
      net: read("net"),
      pidns: read("pidns"),
      uts: read("uts"),
      user: read("user"),
    };
  } catch (error) {
    // EACCES: another user's process; its namespaces are not ours to see.
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES")) return undefined;
    throw error;
  }
}
