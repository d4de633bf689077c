/** containers-auth.json(5): which files hold credentials and which entry is meant for a repository. */
import { rootlessUser } from "../base/rootless.ts";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { AuthEntry } from "../ports/registry-config.ts";
import {
  asTable,
  type Environment,
  parseJson,
  readIfPresent,
  type Table,
  userConfigHome,
} from "./read-files.ts";

/**
 * The first file with an entry wins; in a file, the most specific key does: repository, namespaces, host.
 * @throws CONFIG_INVALID
 */
export function findAuth(repository: string, env: Environment, authFile?: string): AuthEntry | undefined {
  for (const path of authFiles(env, authFile)) {
    const entry = findAuthIn(path, repository);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** In that file alone, which need not be there. @throws CONFIG_INVALID */
export function findAuthIn(path: string, repository: string): AuthEntry | undefined {
  const text = readIfPresent(path);
  return text === undefined ? undefined : entryIn(path, parseJson(path, text), repository);
}

export function authFiles(env: Environment, authFile?: string): string[] {
  const only = authFile ?? env["REGISTRY_AUTH_FILE"];
  if (only !== undefined && only !== "") return [only];
  // Whoever moves Docker's configuration means it alone.
  const docker = env["DOCKER_CONFIG"];
  if (docker !== undefined && docker !== "") return [`${docker}/config.json`];
  const home = env["HOME"];
  const config = userConfigHome(env);
  return [
    defaultAuthFile(env),
    ...(config === undefined ? [] : [`${config}/containers/auth.json`]),
    ...(home === undefined || home === "" ? [] : [`${home}/.docker/config.json`]),
  ];
}

/** Where `login` keeps what it learns: until the machine or the session ends. */
export function defaultAuthFile(env: Environment): string {
  const runtime = env["XDG_RUNTIME_DIR"];
  return runtime === undefined || runtime === ""
    ? `/run/containers/${rootlessUser(env)?.uid ?? 0}/auth.json`
    : `${runtime}/containers/auth.json`;
}

function entryIn(path: string, file: Table, repository: string): AuthEntry | undefined {
  const helpers = asTable(file["credHelpers"]);
  const auths = new Map(
    Object.entries(asTable(file["auths"])).map(([key, value]) => [canonicalKey(key), value]),
  );
  for (const key of keysFor(repository)) {
    const helper = helpers[key];
    if (typeof helper === "string") return { kind: "helper", helper, registry: key };
    const entry = auths.get(key);
    if (entry !== undefined) {
      const found = readEntry(path, key, asTable(entry));
      if (found !== undefined) return found;
    }
  }
  const store = file["credsStore"];
  const host = keysFor(repository).at(-1);
  if (typeof store !== "string" || store === "" || host === undefined) return undefined;
  return { kind: "helper", helper: store, registry: host };
}

/** "host/a/b" → host/a/b, host/a, host. */
export function keysFor(repository: string): string[] {
  const parts = repository.split("/");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

/** Docker writes `https://index.docker.io/v1/` for Docker Hub and keeps schemes on others. */
export function canonicalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, "");
  const isAddress = bare !== key;
  const name = isAddress ? (bare.split("/")[0] ?? bare) : bare.replace(/\/+$/, "");
  return name.replace(/^(index|registry-1)\.docker\.io(?=$|\/)/, "docker.io");
}

function readEntry(path: string, key: string, entry: Table): AuthEntry | undefined {
  const token = entry["identitytoken"];
  if (typeof token === "string" && token !== "") return { kind: "token", identityToken: token };
  const auth = entry["auth"];
  // `docker login` with a helper leaves an empty entry behind.
  if (typeof auth !== "string" || auth === "") return undefined;
  const decoded = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  if (colon === -1) throw new EngineError("CONFIG_INVALID", `${path}: the entry for ${key} is malformed`);
  return { kind: "basic", username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
