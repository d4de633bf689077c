/** Whether this process is root in an ordinary user's own user namespace, and whose. */
import { readFileSync } from "node:fs";
import { ROOTLESS_UID } from "./entry-variables.ts";

export interface HostUser {
  readonly uid: number;
  readonly gid: number;
}

/** A user namespace that maps 0 to more than this one id is a container's, not a user's own. */
const OWN = /^\s*0\s+(\d+)\s+1\s*$/m;

/**
 * The user on the host, or undefined for root. The variable alone proves nothing, for anybody can set it, and root may
 * have inherited it: the kernel's map has to say the same.
 */
export function rootlessUser(
  env: Readonly<Record<string, string | undefined>>,
  readMap: (path: string) => string = (path) => readFileSync(path, "utf8"),
): HostUser | undefined {
  const named = env[ROOTLESS_UID];
  if (named === undefined) return undefined;
  const uid = OWN.exec(readMap("/proc/self/uid_map"))?.[1];
  const gid = OWN.exec(readMap("/proc/self/gid_map"))?.[1];
  if (uid !== named || uid === "0" || gid === undefined) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}
