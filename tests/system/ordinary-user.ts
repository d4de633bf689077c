/** Ordinary users of this machine, in the suites' mount namespace alone, with the binary under test on their PATH. */
import {
  appendFileSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BINARY, execute, host, type Result, type RunOptions, setting, succeed } from "./engine.ts";
import { holderOf as holderIfAny } from "./user.ts";
import { waitFor } from "./waiting.ts";

export interface OrdinaryUser {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  /** The runtime directory, as a login would make it. */
  readonly runtime: string;
  /** Any program, in an environment like a login's. */
  readonly run: (argv: readonly string[], options?: RunOptions) => Promise<Result>;
  /** The engine; any exit status is a result. */
  readonly pw: (...args: readonly string[]) => Promise<Result>;
  /** Standard output without the last line feed; throws unless the exit status is 0. */
  readonly ok: (...args: readonly string[]) => Promise<string>;
}

const ACCOUNT_FILES = ["passwd", "group", "shadow", "subuid", "subgid"] as const;
const PROGRAMS = "/run/podwright-programs";
const REGISTRIES = `${PROGRAMS}/registries.conf`;
const SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin";

/** Call before any of them is added. The host's own files stay as they are. */
export async function prepareForUsers(): Promise<void> {
  const copies = join(setting("WORK"), "accounts");
  mkdirSync(copies, { recursive: true });
  for (const file of ACCOUNT_FILES) {
    if (existsSync(`/etc/${file}`)) copyFileSync(`/etc/${file}`, join(copies, file));
    else continue;
    await host("mount", "--bind", join(copies, file), `/etc/${file}`);
  }
  await host("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/home");
  // The repository may be where other users cannot go.
  mkdirSync(PROGRAMS, { recursive: true });
  writeFileSync(`${PROGRAMS}/podwright`, "");
  await host("mount", "--bind", BINARY, `${PROGRAMS}/podwright`);
  // It names the suites' own registry, and is where other users cannot go either.
  const conf = process.env["CONTAINERS_REGISTRIES_CONF"];
  if (conf !== undefined) copyFileSync(conf, REGISTRIES);
}

export async function forgetUsers(): Promise<void> {
  for (const file of ACCOUNT_FILES) await execute(["umount", `/etc/${file}`]);
  await host("umount", "-R", "/home");
  await host("umount", `${PROGRAMS}/podwright`);
}

/** `subids` is the first of the user's subordinate ids; there are 65536. */
export async function addUser(name: string, uid: number, subids: number): Promise<OrdinaryUser> {
  const home = `/home/${name}`;
  appendFileSync("/etc/passwd", `${name}:x:${uid}:${uid}::${home}:/bin/sh\n`);
  appendFileSync("/etc/group", `${name}:x:${uid}:\n`);
  for (const file of ["/etc/subuid", "/etc/subgid"]) appendFileSync(file, `${name}:${subids}:65536\n`);
  const runtime = `/run/user/${uid}`;
  const disk = join(setting("WORK"), `home-${name}`);
  mkdirSync("/run/user", { recursive: true });
  // Of an earlier suite's user of that name.
  rmSync(disk, { recursive: true, force: true });
  for (const path of [home, disk, runtime]) {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, uid, uid);
  }
  // On the disk, not in memory: what layers are kept on decides how.
  await host("mount", "--bind", disk, home);
  const env = {
    HOME: home,
    USER: name,
    XDG_RUNTIME_DIR: runtime,
    PATH: `${PROGRAMS}:${SYSTEM_PATH}`,
    CONTAINERS_REGISTRIES_CONF: REGISTRIES,
  };
  const login = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--init-groups", "env", "-i"];
  const run: OrdinaryUser["run"] = (argv, options = {}) => {
    const variables = Object.entries({ ...env, ...options.env }).map(([key, value]) => `${key}=${value}`);
    return execute([...login, ...variables, ...argv], { cwd: home, ...options, env: {} });
  };
  const pw: OrdinaryUser["pw"] = (...args) => run(["podwright", ...args]);
  return { name, uid, home, runtime, run, pw, ok: async (...args) => succeed(await pw(...args)) };
}

/** The process that holds the user's namespaces. */
export function holderOf(user: OrdinaryUser): number {
  const pid = holderIfAny(user);
  if (pid === undefined) throw new Error(`nobody holds namespaces for ${user.name}`);
  return pid;
}

/** Returns when it is gone; a zombie is. */
export async function killHolder(user: OrdinaryUser): Promise<void> {
  const pid = holderOf(user);
  process.kill(pid, "SIGKILL");
  await waitFor("the holder's end", async () => !existsSync(`/proc/${pid}/exe`) || undefined);
}
