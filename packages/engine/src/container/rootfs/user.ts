/** Who the container's process is: a name or number looked up in the image's own passwd and group files. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RootFiles } from "../../ports/root-files.ts";
import { type GroupEntry, type PasswdEntry, parseGroup, parsePasswd } from "./account-files.ts";

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; the primary one is among them (CVE-2022-2989). */
  readonly groups: readonly number[];
  readonly home: string;
  /** The image's passwd has an entry of this uid. */
  readonly known: boolean;
}

export interface UserRequest {
  /** "", "name", "uid", "name:group", "uid:gid", … */
  readonly user: string;
  readonly groupAdd: readonly string[];
}

const MAX_FILE = 16 * 1024 * 1024;
const MAX_ID = 2_147_483_647;

/** @throws CONTAINER_USER_UNKNOWN (exit 126), CONTAINER_ROOTFS_INVALID */
export function resolveUser(files: RootFiles, root: string, request: UserRequest): ResolvedUser {
  const passwd = parsePasswd(files.readText(root, "/etc/passwd", MAX_FILE) ?? "");
  const groups = parseGroup(files.readText(root, "/etc/group", MAX_FILE) ?? "");
  return findUser(passwd, groups, request);
}

/** The same on parsed files. A number is never taken for a name (CVE-2026-30892). */
export function findUser(
  passwd: readonly PasswdEntry[],
  groups: readonly GroupEntry[],
  { user, groupAdd }: UserRequest,
): ResolvedUser {
  const [userPart = "", groupPart = ""] = user.split(":", 2);
  const entry = findPasswd(passwd, userPart);
  const uid = entry?.uid ?? numericId(userPart === "" ? "0" : userPart);
  if (uid === undefined) {
    throw unknown(`unable to find user ${userPart}: no matching entries in passwd file`);
  }
  const gid = groupPart === "" ? (entry?.gid ?? 0) : groupId(groups, groupPart);
  // Memberships count only where no group was named.
  const implied =
    groupPart === "" && entry !== undefined
      ? groups.filter((group) => group.members.includes(entry.name)).map((group) => group.gid)
      : [];
  const added = groupAdd.map((name) => groupId(groups, name));
  return {
    uid,
    gid,
    groups: [...new Set([gid, ...implied, ...added])],
    home: entry?.home === undefined || entry.home === "" ? "/" : entry.home,
    known: entry !== undefined,
  };
}

function findPasswd(passwd: readonly PasswdEntry[], user: string): PasswdEntry | undefined {
  const uid = numericId(user === "" ? "0" : user);
  return uid === undefined
    ? passwd.find((entry) => entry.name === user)
    : passwd.find((entry) => entry.uid === uid);
}

function groupId(groups: readonly GroupEntry[], name: string): number {
  const gid = numericId(name) ?? groups.find((group) => group.name === name)?.gid;
  if (gid === undefined) throw unknown(`unable to find group ${name}: no matching entries in group file`);
  return gid;
}

/** Undefined when it is no number. */
function numericId(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const id = Number(text);
  if (id > MAX_ID) throw unknown(`uids and gids must be in range 0-${MAX_ID}`);
  return id;
}

function unknown(message: string): EngineError {
  return new EngineError("CONTAINER_USER_UNKNOWN", message);
}
