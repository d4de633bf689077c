/** Secrets of a container: copied at its creation, so that they outlast their removal, and given to it at each start. */
import type { SecretUse } from "@podwright/spec/engine-api/containers";
import { cleanPath, isWithin } from "@podwright/spec/values/container-path";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ContainerConfig, ContainerSecret } from "../ports/container-record.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { Settings } from "../ports/settings.ts";
import type { ReadSecret } from "./create-context.ts";
import { placesOf, storeDirectory } from "./places.ts";

const DIRECTORY = "/run/secrets";
const MEGABYTE = 1 << 20;

export interface TakenSecret {
  readonly secret: ContainerSecret;
  readonly data: Uint8Array;
}

/** @throws SECRET_NOT_FOUND, SECRET_INVALID, CONTAINER_INVALID */
export async function takeSecrets(
  uses: readonly SecretUse[],
  read: (nameOrId: string) => Promise<ReadSecret>,
): Promise<TakenSecret[]> {
  const taken: TakenSecret[] = [];
  for (const use of uses) taken.push(takeSecret(use, await read(use.source)));
  checkPaths(taken.flatMap(({ secret }) => (secret.kind === "mount" ? [secret.path] : [])));
  return taken;
}

function takeSecret(use: SecretUse, { record, data }: ReadSecret): TakenSecret {
  const { id, name } = record;
  if (use.kind === "env") {
    if (data.includes(0)) throw invalid(`secret ${name} holds a zero byte: it cannot be a variable's value`);
    return { secret: { kind: use.kind, id, name, variable: use.variable || name }, data };
  }
  const { kind, uid, gid, mode } = use;
  return { secret: { kind, id, name, path: targetOf(use.target || name), uid, gid, mode }, data };
}

/** A relative one is within the directory of secrets, unless it leads out of it. */
function targetOf(target: string): string {
  const path = cleanPath(target.startsWith("/") ? target : `${DIRECTORY}/${target}`);
  if (path !== "/" && !isWithin(DIRECTORY, path)) return path;
  throw invalid(`secret target ${JSON.stringify(target)} is a directory`);
}

function checkPaths(paths: readonly string[]): void {
  for (const [index, path] of paths.entries()) {
    const other = paths.find((candidate, at) => at !== index && isWithin(candidate, path));
    if (other !== undefined) throw invalid(`secret targets ${path} and ${other} are in each other's way`);
  }
}

/** In the container's directory of the store, which is its owner's alone. */
export function keepCopies(settings: Settings, id: string, taken: readonly TakenSecret[]): void {
  mkdirSync(copiesOf(settings, id), { mode: 0o700 });
  for (const [index, { data }] of taken.entries()) {
    writeFileSync(`${copiesOf(settings, id)}/${index}`, data, { mode: 0o600 });
  }
}

function copiesOf(settings: Settings, id: string): string {
  return `${storeDirectory(settings, id)}/secrets`;
}

/** The config with the variables in its environment: for a process, never for the store or for a view. */
export function withSecretEnv(settings: Settings, config: ContainerConfig): ContainerConfig {
  const lines = (config.secrets ?? []).flatMap((secret, index) =>
    secret.kind === "env"
      ? [`${secret.variable}=${copyOf(settings, config.id, index).toString("utf8")}`]
      : [],
  );
  if (lines.length === 0) return config;
  const named = new Set(lines.map((line) => line.split("=", 1)[0]));
  const others = config.process.env.filter((line) => !named.has(line.split("=", 1)[0]));
  return { ...config, process: { ...config.process, env: [...others, ...lines] } };
}

/** What an owner inside is for us. */
export type SecretOwners = (owner: { readonly uid: number; readonly gid: number }) => {
  readonly uid: number;
  readonly gid: number;
};

/** Writes the files into a tmpfs in the run's bundle, where none of the host's users can go; gives the host's paths by those in the container. */
export function giveSecretFiles(
  { settings, mounts }: { readonly settings: Settings; readonly mounts: Mounts },
  config: ContainerConfig,
  owners: SecretOwners = (owner) => owner,
): Record<string, string> {
  const files = (config.secrets ?? []).flatMap((secret, index) =>
    secret.kind === "mount" ? [{ secret, index }] : [],
  );
  if (files.length === 0) return {};
  const { mounted } = placesOf(settings, config);
  const root = `${mounted}/secrets`;
  mkdirSync(root, { recursive: true });
  if (!mounts.isMounted(root)) {
    mounts.tmpfs(root, { size: files.length * MEGABYTE, mode: "0755" });
  }
  const bound: Record<string, string> = {};
  for (const { secret, index } of files) {
    const inside = isWithin(secret.path, DIRECTORY);
    const path = inside ? `${root}/directory${secret.path.slice(DIRECTORY.length)}` : `${root}/${index}`;
    makeDirectories(root, dirname(path));
    writeFile(path, copyOf(settings, config.id, index), { ...owners(secret), mode: secret.mode });
    bound[inside ? DIRECTORY : secret.path] = inside ? `${root}/directory` : path;
  }
  return bound;
}

/** Open to all in the container, whatever the engine's umask is. */
function makeDirectories(root: string, directory: string): void {
  if (directory === root) return;
  makeDirectories(root, dirname(directory));
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755);
}

function writeFile(
  path: string,
  data: Uint8Array,
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
): void {
  rmSync(path, { force: true });
  writeFileSync(path, data, { mode: 0o600, flag: "wx" });
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}

function copyOf(settings: Settings, id: string, index: number): Buffer {
  return readFileSync(`${copiesOf(settings, id)}/${index}`);
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
