/** Resolves where this engine keeps things: global options, the environment, the user's rank. */
import { realpathSync } from "node:fs";
import { once } from "../base/once.ts";
import type { ContainersConf, Settings } from "../ports/settings.ts";
import {
  type ConfigFiles,
  type Environment,
  findConfigFiles,
  readContainersConf,
} from "./containers-conf.ts";

export interface SettingsOptions {
  readonly root?: string;
  readonly runRoot?: string;
  readonly runtime?: string;
  readonly conmon?: string;
  readonly eventsBackend?: string;
  readonly runtimeFlags?: readonly string[];
  readonly env: Environment;
  readonly uid: number;
  /** For an ordinary user: the cgroup below which it may make others. */
  readonly delegatedCgroup?: () => DelegatedCgroup | undefined;
  /** Path of the running program, and what must stand before a verb to reach it again. */
  readonly program: readonly string[];
}

export interface DelegatedCgroup {
  readonly path: string;
  readonly controllers: readonly string[];
}

export function resolveSettings(options: SettingsOptions): Settings {
  const root = canonical(options.root ?? defaultRoot(options));
  const runRoot = canonical(options.runRoot ?? defaultRunRoot(options));
  let config: ContainersConf | undefined;
  let files: ConfigFiles | undefined;
  const { delegatedCgroup } = options;
  // Asked for by commands that make cgroups alone, and then at once by many.
  const delegated = delegatedCgroup === undefined ? undefined : once(delegatedCgroup);
  const storeId = storeIdOf(root);
  return {
    root,
    runRoot,
    storeId,
    get cgroup(): string {
      const base = delegated === undefined ? "" : delegated()?.path;
      return base === undefined ? "" : `${base}/podwright-${storeId}`;
    },
    get cgroupControllers(): readonly string[] | undefined {
      return delegated === undefined ? undefined : (delegated()?.controllers ?? []);
    },
    uid: options.uid,
    self: [...options.program, "--root", root, "--runroot", runRoot, ...handedOn(options)],
    ...(options.runtimeFlags === undefined ? {} : { runtimeFlags: options.runtimeFlags }),
    // containers.conf is read when something first asks for it: `ps` never does.
    get config(): ContainersConf {
      files ??= findConfigFiles(options.env);
      config ??= withOverrides(readContainersConf(options.env, files), options);
      return config;
    },
    get storageConf(): string {
      files ??= findConfigFiles(options.env);
      return files.storage;
    },
  };
}

function withOverrides(conf: ContainersConf, options: SettingsOptions): ContainersConf {
  return {
    ...conf,
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.conmon === undefined ? {} : { conmonPath: [options.conmon] }),
    ...(options.eventsBackend === undefined ? {} : { eventsLogger: options.eventsBackend }),
  };
}

/** What a container's end is told to is what its start was told to. */
function handedOn({ eventsBackend, runtimeFlags = [] }: SettingsOptions): string[] {
  return [
    ...(eventsBackend === undefined ? [] : ["--events-backend", eventsBackend]),
    ...runtimeFlags.flatMap((flag) => ["--runtime-flag", flag]),
  ];
}

function defaultRoot({ uid, env }: SettingsOptions): string {
  if (uid === 0) return "/var/lib/podwright";
  const named = env["XDG_DATA_HOME"] ?? "";
  // XDG Base Directory Specification: a relative path is not valid, and counts as none.
  const data = named.startsWith("/") ? named : `${env["HOME"] ?? "/"}/.local/share`;
  return `${data}/podwright`;
}

function defaultRunRoot({ uid, env }: SettingsOptions): string {
  if (uid === 0) return "/run/podwright";
  return `${env["XDG_RUNTIME_DIR"] ?? `/run/user/${uid}`}/podwright`;
}

/** The same store by any path is one store. A directory that is yet to be made keeps its path. */
function canonical(path: string): string {
  const absolute = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  try {
    return realpathSync(absolute);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    const slash = absolute.lastIndexOf("/");
    return slash <= 0 ? absolute : `${canonical(absolute.slice(0, slash))}${absolute.slice(slash)}`;
  }
}

/** FNV-1a, 32 bits: not a secret, only a short name for a path, without loading a hash library. */
function storeIdOf(root: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(root)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
