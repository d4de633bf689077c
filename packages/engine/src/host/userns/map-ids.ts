/** Writes the maps of a new user namespace: all of the user's subordinate ids, else the user alone. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { statSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import { runCommand } from "../process/run.ts";
import { accountOf } from "./account.ts";
import { findTool } from "./find-tool.ts";
import { type IdRange, mapArguments, parseGetsubids, rangesOf } from "./subordinate-ids.ts";

interface MapOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
}

interface Kind {
  readonly tool: "newuidmap" | "newgidmap";
  readonly file: "/etc/subuid" | "/etc/subgid";
  readonly getsubids: readonly string[];
  readonly own: number;
}

const SET_UID = 0o4000;

/** `pid` is in the new namespace, and waits. @throws USERNS_UNAVAILABLE, HOST_PART_MISSING */
export async function mapIds(pid: number, { env, uid }: MapOptions): Promise<void> {
  const user = { name: (await accountOf(uid))?.name ?? String(uid), uid };
  const gid = process.getegid?.() ?? uid;
  const kinds: readonly Kind[] = [
    { tool: "newuidmap", file: "/etc/subuid", getsubids: [], own: uid },
    { tool: "newgidmap", file: "/etc/subgid", getsubids: ["-g"], own: gid },
  ];
  const ranges = await Promise.all(kinds.map(async (kind) => await subordinate(kind, user)));
  const lacking = kinds.filter((_, at) => ranges[at]?.length === 0).map(({ file }) => file);
  if (lacking.length > 0) return mapAlone(pid, { uid, gid }, { user: user.name, lacking });
  await Promise.all(
    kinds.map(async (kind, at) => await writeMap(pid, kind, { env, ranges: ranges[at] ?? [] })),
  );
}

async function subordinate(kind: Kind, user: { name: string; uid: number }): Promise<IdRange[]> {
  // Only where the system keeps them elsewhere: a process saved for all others.
  if (/^\s*subid:(?!\s*files\s*$)/m.test(readIfThere("/etc/nsswitch.conf") ?? "")) {
    const asked = await runCommand({ argv: ["getsubids", ...kind.getsubids, user.name] }).catch(
      () => undefined,
    );
    const found = asked?.exitCode === 0 ? parseGetsubids(asked.stdout.toString()) : [];
    if (found.length > 0) return found;
  }
  return rangesOf(readIfThere(kind.file) ?? "", user);
}

async function writeMap(
  pid: number,
  kind: Kind,
  { env, ranges }: { readonly env: MapOptions["env"]; readonly ranges: readonly IdRange[] },
): Promise<void> {
  const own = ranges.find(({ first, size }) => kind.own >= first && kind.own < first + size);
  if (own !== undefined) {
    throw new EngineError(
      "USERNS_UNAVAILABLE",
      `the range ${own.first}:${own.size} in ${kind.file} includes the id ${kind.own} of its user`,
      { hint: `have an administrator choose a range of ids in ${kind.file} that no account has` },
    );
  }
  const tool = findTool(kind.tool, env, "uidmap (shadow-utils on Fedora)");
  const { exitCode, stderr } = await runCommand({
    argv: [tool, String(pid), ...mapArguments(kind.own, ranges)],
  });
  if (exitCode === 0) return;
  throw new EngineError(
    "USERNS_UNAVAILABLE",
    `cannot set up a user namespace using ${tool}: ${stderr.trim() || `exit status ${exitCode}`}`,
    { hint: hintFor(tool, kind) },
  );
}

function hintFor(tool: string, kind: Kind): string {
  if (/^NoNewPrivs:\s*1$/m.test(readIfThere("/proc/self/status") ?? "")) {
    return "this session has no_new_privs set, under which no program can gain rights: start from another one";
  }
  if ((statSync(tool).mode & SET_UID) === 0) {
    return `it needs rights of its own: chmod u+s ${tool}, or reinstall its package`;
  }
  return `look whether the ranges in ${kind.file} are free, and that ${tool} is not on a file system mounted nosuid`;
}

/** What the kernel lets anybody do: one id. setgroups(2) has to go first (user_namespaces(7)). */
function mapAlone(
  pid: number,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  { user, lacking }: { readonly user: string; readonly lacking: readonly string[] },
): void {
  writeFileSync(`/proc/${pid}/setgroups`, "deny");
  writeFileSync(`/proc/${pid}/uid_map`, `0 ${uid} 1`);
  writeFileSync(`/proc/${pid}/gid_map`, `0 ${gid} 1`);
  process.stderr.write(
    `Warning: no ids for ${user} in ${lacking.join(" and ")}: containers have one user only, and images with files of others fail; ` +
      `"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}" gives some (then "system migrate")\n`,
  );
}
