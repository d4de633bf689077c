/** The credential file that `login` and `logout` change: Podman's auth.json or Docker's config.json. */
import type { CredentialPlace } from "@podwright/spec/engine-api/registries";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { AuthEntry, AuthTarget } from "../ports/registry-config.ts";
import { canonicalKey, defaultAuthFile, findAuthIn } from "./auth-file.ts";
import { asTable, type Environment, parseJson, readIfPresent, type Table } from "./read-files.ts";

/** Docker's own key for Docker Hub. */
const DOCKER_HUB = "https://index.docker.io/v1/";

/** @throws CLI_USAGE when both kinds of file are named. */
export function openAuthTarget(place: CredentialPlace, env: Environment): AuthTarget {
  const { authFile, compatAuthFile } = place;
  if (filled(authFile) && filled(compatAuthFile)) {
    throw new EngineError(
      "CLI_USAGE",
      "options for paths to the credential file and to the Docker-compatible credential file can not be set simultaneously",
    );
  }
  if (filled(authFile)) return new AuthFile(authFile, "podman");
  if (filled(compatAuthFile)) return new AuthFile(compatAuthFile, "docker");
  const [own, docker] = [env["REGISTRY_AUTH_FILE"], env["DOCKER_CONFIG"]];
  if (filled(own)) return new AuthFile(own, "podman");
  if (filled(docker)) return new AuthFile(`${docker}/config.json`, "docker");
  return new AuthFile(defaultAuthFile(env), "podman");
}

function filled(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

class AuthFile implements AuthTarget {
  constructor(
    readonly path: string,
    private readonly form: "podman" | "docker",
  ) {}

  helperFor(key: string): string {
    const file = this.#read();
    const helper = asTable(file["credHelpers"])[key];
    if (typeof helper === "string") return helper;
    const store = file["credsStore"];
    // Podman's own files know no such store, but Docker looks nowhere else once there is one.
    return this.form === "docker" && typeof store === "string" ? store : "";
  }

  find(key: string): AuthEntry | undefined {
    return findAuthIn(this.path, key);
  }

  set(key: string, username: string, password: string): void {
    if (this.form === "docker" && key.includes("/")) {
      throw new EngineError(
        "CLI_USAGE",
        `credentials cannot be recorded in Docker-compatible format with namespaced key ${JSON.stringify(key)}`,
      );
    }
    const file = this.#read();
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    const name = this.form === "docker" && key === "docker.io" ? DOCKER_HUB : key;
    this.#write({ ...file, auths: { ...this.#without(file, key), [name]: { auth } } });
  }

  remove(key: string): boolean {
    const file = this.#read();
    const auths = asTable(file["auths"]);
    const kept = this.#without(file, key);
    if (Object.keys(kept).length === Object.keys(auths).length) return false;
    this.#write({ ...file, auths: kept });
    return true;
  }

  removeAll(): readonly { readonly helper: string; readonly key: string }[] {
    const file = this.#read();
    const helpers = Object.entries(asTable(file["credHelpers"]));
    const { auths: _, credHelpers: __, ...others } = file;
    this.#write({ ...others, auths: {} });
    return helpers.flatMap(([key, helper]) => (typeof helper === "string" ? [{ helper, key }] : []));
  }

  /** Docker's spellings of one registry are one entry. */
  #without(file: Table, key: string): Table {
    const auths = Object.entries(asTable(file["auths"]));
    return Object.fromEntries(auths.filter(([name]) => canonicalKey(name) !== key));
  }

  #read(): Table {
    const text = readIfPresent(this.path);
    return text === undefined || text.trim() === "" ? {} : parseJson(this.path, text);
  }

  /** A reader sees the old file or the new one; neither is ever readable for others. */
  #write(file: Table): void {
    const staged = `${this.path}.${process.pid}.tmp`;
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    try {
      const fd = openSync(staged, "w", 0o600);
      try {
        writeSync(fd, `${JSON.stringify(file, undefined, "\t")}\n`);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      chmodSync(staged, 0o600);
      renameSync(staged, this.path);
    } catch (error) {
      rmSync(staged, { force: true });
      throw error;
    }
  }
}
