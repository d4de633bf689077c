/** `--userns keep-id`: the engine's user gets a name in the container's own account files, if these have none. */
import type { ContainerConfig, HostAccount } from "../../ports/container-record.ts";
import type { RootFiles } from "../../ports/root-files.ts";
import { parseGroup, parsePasswd } from "../rootfs/account-files.ts";
import { rootOutside } from "./mapped-run.ts";

const MAX_FILE = 16 * 1024 * 1024;

/** They are written to, as in Podman: `useradd` and the like change them afterwards. A file that is mounted stays. */
export async function nameHostAccount(
  files: RootFiles,
  { hostAccount: account, idMappings, mounts, process }: ContainerConfig,
  rootfs: string,
): Promise<void> {
  if (account === undefined || !process.passwd) return;
  const owner = idMappings === undefined ? { uid: 0, gid: 0 } : rootOutside(idMappings);
  const destinations = new Set(mounts.map(({ destination }) => destination));
  const add = async (path: string, entry: (text: string) => string | undefined): Promise<void> => {
    if (destinations.has(path)) return;
    const added = entry(files.readText(rootfs, path, MAX_FILE) ?? "");
    if (added !== undefined) await files.appendText(rootfs, path, added, owner);
  };
  const home = homeInside(account, { destinations, workdir: process.workdir });
  await add("/etc/passwd", (text) => passwdLine(text, account, home));
  await add("/etc/group", (text) => groupLine(text, account));
}

/** The user's own where a mount brings it, or a directory above it; else where the container begins. */
export function homeInside(
  { home }: Pick<HostAccount, "home">,
  { destinations, workdir }: { readonly destinations: ReadonlySet<string>; readonly workdir: string },
): string {
  for (let path = home; path.startsWith("/") && path !== "/"; path = path.slice(0, path.lastIndexOf("/"))) {
    if (destinations.has(path)) return home;
  }
  return workdir;
}

/** undefined where the name or the number is taken. */
export function passwdLine(text: string, account: HostAccount, home: string): string | undefined {
  const { name, uid, gid, gecos } = account;
  if (parsePasswd(text).some((entry) => entry.name === name || entry.uid === uid)) return undefined;
  return line([name, "*", String(uid), String(gid), gecos, home, "/bin/sh"]);
}

export function groupLine(text: string, { group, gid, name }: HostAccount): string | undefined {
  if (group === undefined) return undefined;
  if (parseGroup(text).some((entry) => entry.name === group || entry.gid === gid)) return undefined;
  return line([group, "x", String(gid), name]);
}

/** A field with a colon or a line break would be another entry. */
function line(fields: readonly string[]): string | undefined {
  return fields.some((field) => /[:\n]/.test(field)) ? undefined : `${fields.join(":")}\n`;
}
