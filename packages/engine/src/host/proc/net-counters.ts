/** How many bytes the links of a network namespace have carried (/proc/PID/net/dev). */
import { readFileSync } from "node:fs";
import type { LinkCounters, NetCounters } from "../../ports/net-counters.ts";
import { isErrno } from "../sys/libc.ts";
import { inNetworkNamespace } from "../sys/thread-namespaces.ts";

export class ProcNetCounters implements NetCounters {
  ofProcess(pid: number): readonly LinkCounters[] {
    return ifThere(() => readFileSync(`/proc/${pid}/net/dev`, "utf8"));
  }

  ofNamespace(path: string): readonly LinkCounters[] {
    // `thread-self`: it is this thread alone that is there.
    return ifThere(() => inNetworkNamespace(path, () => readFileSync("/proc/thread-self/net/dev", "utf8")));
  }
}

function ifThere(read: () => string): readonly LinkCounters[] {
  try {
    return parseLinkCounters(read());
  } catch (error) {
    // ESRCH, EINVAL: the process is a zombie.
    if (isErrno(error, "ENOENT", "ESRCH", "EINVAL")) return [];
    throw error;
  }
}

/** Two lines of titles, then `eth0: received-bytes packets errs drop fifo frame compressed multicast sent-bytes …`. */
export function parseLinkCounters(text: string): LinkCounters[] {
  return text
    .split("\n")
    .slice(2)
    .flatMap((line) => {
      const colon = line.lastIndexOf(":");
      if (colon < 0) return [];
      const numbers = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      return [{ name: line.slice(0, colon).trim(), received: numbers[0] ?? 0, sent: numbers[8] ?? 0 }];
    });
}
