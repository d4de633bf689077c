/** Names of users and groups by their numbers, from passwd and group files. */
import { parseGroup, parsePasswd } from "../container/rootfs/account-files.ts";

/** A number without an entry is its own name. */
export interface AccountNames {
  user(uid: number): string;
  group(gid: number): string;
}

export function accountNames(passwd: string, group: string): AccountNames {
  // The first entry of a number is the one that counts.
  const users = new Map(
    parsePasswd(passwd)
      .map(({ uid, name }): [number, string] => [uid, name])
      .toReversed(),
  );
  const groups = new Map(
    parseGroup(group)
      .map(({ gid, name }): [number, string] => [gid, name])
      .toReversed(),
  );
  return {
    user: (uid) => users.get(uid) ?? String(uid),
    group: (gid) => groups.get(gid) ?? String(gid),
  };
}
