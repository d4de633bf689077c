/** The account of an ordinary user whose engine this is, with the name of the user's group. */
import { readFileSync } from "node:fs";
import type { HostAccount } from "../../ports/container-record.ts";
import { runCommand } from "../process/run.ts";

/** Undefined for a number without an account. */
export async function hostAccount({
  uid,
  gid,
}: {
  readonly uid: number;
  readonly gid: number;
}): Promise<HostAccount | undefined> {
  const [name = "", , , , gecos = "", home = ""] = await entryOf("passwd", uid);
  if (name === "") return undefined;
  const [group = ""] = await entryOf("group", gid);
  return { name, uid, gid, gecos, home, ...(group === "" ? {} : { group }) };
}

/** Fields of a line in /etc, else as a directory service knows it. */
async function entryOf(database: "passwd" | "group", id: number): Promise<readonly string[]> {
  const local = fieldsOf(readFileSync(`/etc/${database}`, "utf8"), id);
  if (local !== undefined) return local;
  const asked = await runCommand({ argv: ["getent", database, String(id)] }).catch(() => undefined);
  return (asked === undefined ? undefined : fieldsOf(asked.stdout.toString(), id)) ?? [];
}

function fieldsOf(text: string, id: number): string[] | undefined {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name = "", , number]) => name !== "" && number === String(id));
}
