/** /etc/passwd and /etc/group of an image: read with suspicion, completed for a user that they do not have. */
import type { RootFiles } from "../../ports/root-files.ts";

export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Lines without a name or with something else than numbers for ids are no entries: they must not read as root. */
export function parsePasswd(text: string): PasswdEntry[] {
  return fieldsOf(text).flatMap(([name = "", , uid = "", gid = "", , home = ""]) =>
    name !== "" && isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [],
  );
}

export function parseGroup(text: string): GroupEntry[] {
  return fieldsOf(text).flatMap(([name = "", , gid = "", members = ""]) =>
    name !== "" && isId(gid)
      ? [{ name, gid: Number(gid), members: members.split(",").filter((member) => member !== "") }]
      : [],
  );
}

function fieldsOf(text: string): string[][] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

export interface AccountRequest {
  readonly uid: number;
  readonly gid: number;
  /** What becomes the home directory of a made-up entry. */
  readonly home: string;
  /** True when the user's group was named by number: then it gets an entry as well. */
  readonly ownGroup: boolean;
}

export interface AccountFiles {
  /** New text of the file; absent when the image's own will do, or where it has none. */
  readonly passwd?: string;
  readonly group?: string;
}

const MAX_FILE = 16 * 1024 * 1024;

/** So that `whoami`, ssh and the like work for a uid that the image has never heard of. */
export function completeAccounts(files: RootFiles, root: string, request: AccountRequest): AccountFiles {
  const { uid, gid, home, ownGroup } = request;
  const passwd = files.readText(root, "/etc/passwd", MAX_FILE);
  const group = files.readText(root, "/etc/group", MAX_FILE);
  const knowsUser = passwd === undefined || parsePasswd(passwd).some((entry) => entry.uid === uid);
  const knowsGroup = group === undefined || parseGroup(group).some((entry) => entry.gid === gid);
  return {
    ...(knowsUser || passwd === undefined
      ? {}
      : { passwd: `${endLine(passwd)}${uid}:*:${uid}:${gid}:container user:${safe(home)}:/bin/sh\n` }),
    ...(knowsGroup || group === undefined || !ownGroup
      ? {}
      : { group: `${endLine(group)}${gid}:x:${gid}:${uid}\n` }),
  };
}

function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** A path with a colon or a line break would be another entry. */
function safe(path: string): string {
  return /[:\n]/.test(path) ? "/" : path;
}
