/** containers-registries.conf(5), version 2: which files count and what they say together. */
import { rootlessUser } from "../base/rootless.ts";
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  asTable,
  dropIns,
  type Environment,
  parseToml,
  readIfPresent,
  type Table,
  userConfigHome,
} from "./read-files.ts";

export interface MirrorConf {
  readonly location: string;
  readonly insecure: boolean;
  readonly pullFrom: "all" | "digest-only" | "tag-only";
}

export interface RegistryConf {
  /** Host, namespace or repository; `*.example.com` stands for all hosts below. */
  readonly prefix: string;
  /** What takes the prefix's place; "" keeps it. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorConf[];
}

export interface RegistriesConf {
  /** undefined: no file says; then the default of the program counts. */
  readonly search: readonly string[] | undefined;
  /** The file that gave `search`, or the main one. */
  readonly origin: string;
  readonly registries: readonly RegistryConf[];
  readonly aliases: ReadonlyMap<string, { readonly value: string; readonly origin: string }>;
  /** True where a main file (not a drop-in of aliases alone) was found. */
  readonly found: boolean;
  /** `short-name-mode`: enforcing refuses several candidates where nobody can be asked. */
  readonly shortNameMode: "enforcing" | "permissive" | "disabled";
}

const SYSTEM = "/etc/containers/registries.conf";

/** @throws CONFIG_INVALID naming the file. */
export function readRegistriesConf(env: Environment): RegistriesConf {
  const main = mainFile(env);
  const files = [main, ...dropInFiles(env), ...aliasCache(env)];
  let conf: RegistriesConf = {
    search: undefined,
    origin: main,
    registries: [],
    aliases: new Map(),
    found: false,
    shortNameMode: "permissive",
  };
  for (const path of files) {
    const text = readIfPresent(path);
    if (text === undefined) continue;
    conf = applyRegistriesFile(conf, path, text);
    if (path === main) conf = { ...conf, found: true };
  }
  return conf;
}

function mainFile(env: Environment): string {
  const given = env["CONTAINERS_REGISTRIES_CONF"] ?? env["REGISTRIES_CONFIG_PATH"];
  if (given !== undefined && given !== "") return given;
  const home = userConfigHome(env);
  const own = home === undefined ? undefined : `${home}/containers/registries.conf`;
  return own !== undefined && readIfPresent(own) !== undefined ? own : SYSTEM;
}

function dropInFiles(env: Environment): string[] {
  const home = userConfigHome(env);
  return [
    ...dropIns("/etc/containers/registries.conf.d"),
    ...(home === undefined ? [] : dropIns(`${home}/containers/registries.conf.d`)),
  ];
}

/** Where Podman keeps the user's answers to "which registry?". */
function aliasCache(env: Environment): string[] {
  if (rootlessUser(env) === undefined) return ["/var/cache/containers/short-name-aliases.conf"];
  const home = env["HOME"];
  const cache = env["XDG_CACHE_HOME"] ?? (home === undefined ? undefined : `${home}/.cache`);
  return cache === undefined ? [] : [`${cache}/containers/short-name-aliases.conf`];
}

/** Exported for tests: one file's text over what stood before. */
export function applyRegistriesFile(conf: RegistriesConf, path: string, text: string): RegistriesConf {
  const file = parseToml(path, text);
  if (file["registries"] !== undefined) {
    throw invalid(
      path,
      "[registries.*] is the format of version 1, which is not supported; use [[registry]]",
    );
  }
  const search = file["unqualified-search-registries"];
  const registries = new Map(conf.registries.map((registry) => [registry.prefix, registry]));
  for (const entry of tables(path, file["registry"], "registry")) {
    const registry = readRegistry(path, entry);
    registries.set(registry.prefix, registry);
  }
  return {
    ...conf,
    ...(search === undefined
      ? {}
      : { search: strings(path, search, "unqualified-search-registries"), origin: path }),
    registries: [...registries.values()],
    aliases: mergeAliases(conf, path, asTable(file["aliases"])),
    shortNameMode: readMode(path, file["short-name-mode"]) ?? conf.shortNameMode,
  };
}

function readRegistry(path: string, entry: Table): RegistryConf {
  const location = textOf(path, entry, "location") ?? "";
  const prefix = textOf(path, entry, "prefix") ?? location;
  if (prefix === "") throw invalid(path, "a [[registry]] has neither prefix nor location");
  if (prefix.includes("*") && !/^\*\.[^*/]+/.test(prefix)) {
    throw invalid(path, `prefix ${JSON.stringify(prefix)}: a wildcard must be "*." at the start`);
  }
  if (location === "" && !prefix.startsWith("*.")) throw invalid(path, `registry ${prefix} has no location`);
  const digestOnly = flag(path, entry, "mirror-by-digest-only");
  return {
    prefix: trimSlash(prefix),
    location: trimSlash(location),
    insecure: flag(path, entry, "insecure"),
    blocked: flag(path, entry, "blocked"),
    mirrors: tables(path, entry["mirror"], "mirror").map((mirror) => readMirror(path, mirror, digestOnly)),
  };
}

function readMirror(path: string, mirror: Table, digestOnly: boolean): MirrorConf {
  const location = textOf(path, mirror, "location");
  if (location === undefined || location === "") throw invalid(path, "a mirror has no location");
  const pullFrom = textOf(path, mirror, "pull-from-mirror") ?? (digestOnly ? "digest-only" : "all");
  if (pullFrom !== "all" && pullFrom !== "digest-only" && pullFrom !== "tag-only") {
    throw invalid(path, `mirror ${location}: pull-from-mirror ${JSON.stringify(pullFrom)} is not known`);
  }
  return { location: trimSlash(location), insecure: flag(path, mirror, "insecure"), pullFrom };
}

function mergeAliases(conf: RegistriesConf, path: string, table: Table): RegistriesConf["aliases"] {
  const aliases = new Map(conf.aliases);
  for (const [name, value] of Object.entries(table)) {
    if (typeof value !== "string") throw invalid(path, `alias ${name}: expected a string`);
    // An empty value takes back an alias of an earlier file.
    if (value === "") aliases.delete(name);
    else aliases.set(name, { value, origin: path });
  }
  return aliases;
}

function readMode(path: string, value: unknown): RegistriesConf["shortNameMode"] | undefined {
  if (value === undefined || value === "") return undefined;
  if (value === "enforcing" || value === "permissive" || value === "disabled") return value;
  throw invalid(path, `short-name-mode ${JSON.stringify(value)} is not known`);
}

function tables(path: string, value: unknown, key: string): Table[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(path, `${key}: expected [[${key}]]`);
  return value.map(asTable);
}

function strings(path: string, value: unknown, key: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw invalid(path, `${key}: expected a list of strings`);
}

function textOf(path: string, table: Table, key: string): string | undefined {
  const value = table[key];
  if (value === undefined || typeof value === "string") return value;
  throw invalid(path, `${key}: expected a string`);
}

function flag(path: string, table: Table, key: string): boolean {
  const value = table[key];
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw invalid(path, `${key}: expected true or false`);
}

function trimSlash(location: string): string {
  return location.replace(/\/+$/, "");
}

function invalid(path: string, reason: string): EngineError {
  return new EngineError("CONFIG_INVALID", `${path}: ${reason}`);
}
