/** containers-certs.d(5): certificates for one registry. */
import { readdirSync, readFileSync } from "node:fs";
import type { RegistryCertificates } from "../ports/registry-config.ts";
import { type Environment, userConfigHome } from "./read-files.ts";

/** The first directory that exists counts. `host` is host[:port]. */
export function readCertificates(host: string, env: Environment, directory?: string): RegistryCertificates {
  for (const path of directory === undefined ? directories(host, env) : [directory]) {
    const names = namesIn(path);
    if (names === undefined) continue;
    return fromDirectory(path, names);
  }
  return { ca: [] };
}

function directories(host: string, env: Environment): string[] {
  const home = userConfigHome(env);
  return [
    ...(home === undefined ? [] : [`${home}/containers/certs.d/${host}`]),
    `/etc/containers/certs.d/${host}`,
    `/etc/docker/certs.d/${host}`,
  ];
}

function fromDirectory(path: string, names: readonly string[]): RegistryCertificates {
  const read = (name: string): string => readFileSync(`${path}/${name}`, "utf8");
  const ca = names.filter((name) => name.endsWith(".crt")).map(read);
  const cert = names.find((name) => name.endsWith(".cert"));
  const key = cert === undefined ? undefined : cert.replace(/\.cert$/, ".key");
  if (cert === undefined || key === undefined || !names.includes(key)) return { ca };
  return { ca, cert: read(cert), key: read(key) };
}

function namesIn(path: string): string[] | undefined {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    const missing =
      error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
    if (missing) return undefined;
    throw error;
  }
}
