/** The account of a user by its number: variables like USER and HOME may still be those of whoever ran su. */
import { readFileSync, statSync } from "node:fs";
import { runCommand } from "../process/run.ts";
import { isErrno } from "../sys/libc.ts";

export interface Account {
  readonly name: string;
  readonly home: string;
}

/** Undefined for a number without an account. */
export async function accountOf(uid: number): Promise<Account | undefined> {
  const local = parseAccount(readFileSync("/etc/passwd", "utf8"), uid);
  if (local !== undefined) return local;
  // Accounts of a directory service.
  const asked = await runCommand({ argv: ["getent", "passwd", String(uid)] }).catch(() => undefined);
  return asked === undefined ? undefined : parseAccount(asked.stdout.toString(), uid);
}

/** passwd(5). */
export function parseAccount(text: string, uid: number): Account | undefined {
  for (const line of text.split("\n")) {
    const [name = "", , id, , , home = ""] = line.split(":");
    if (name !== "" && id === String(uid)) return { name, home };
  }
  return undefined;
}

/** What HOME says, unless that is another's. `owner` is how the user's own files look from here. */
export async function homeOf(
  env: Readonly<Record<string, string | undefined>>,
  { uid, owner }: { readonly uid: number; readonly owner: number },
): Promise<string> {
  const named = env["HOME"] ?? "";
  if (named !== "" && ownerOf(named) === owner) return named;
  const home = (await accountOf(uid))?.home ?? "";
  return home === "" ? named || "/" : home;
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "ENOTDIR")) return undefined;
    throw error;
  }
}
