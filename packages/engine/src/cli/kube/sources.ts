/** Where manifests come from: files, URLs, standard input. */
import type { KubeSource } from "@podwright/spec/engine-api/kube";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Io } from "../frame/command.ts";
import { decodeManifest } from "./manifest-text.ts";

/** A manifest is text that somebody wrote; the largest object that a cluster takes is far smaller. */
const LARGEST = 16 * 1024 * 1024;
const READ_AT_ONCE = 256 * 1024;
const URL_TIMEOUT_MS = 30_000;

/** In the order given; standard input once at most. @throws CLI_USAGE, KUBE_NOT_FOUND */
export async function readSources(io: Io, names: readonly string[]): Promise<KubeSource[]> {
  if (names.filter((name) => name === "-").length > 1) {
    throw new EngineError("CLI_USAGE", "standard input can be read only once");
  }
  return Promise.all(
    names.map(async (name) => {
      const bytes = await read(io, name);
      if (bytes.length > LARGEST) throw tooLarge(name);
      return { name, text: decodeManifest(name, bytes) };
    }),
  );
}

function read(io: Io, name: string): Promise<Uint8Array> | Uint8Array {
  if (name === "-") return io.readStdinBytes(LARGEST);
  return /^https?:\/\//i.test(name) ? fetchBytes(name) : readBytes(name);
}

function readBytes(path: string): Uint8Array {
  try {
    if (statSync(path).isDirectory()) {
      throw new EngineError("KUBE_INVALID", `read ${path}: is a directory`, {
        hint: `name the files in it: ${path.replace(/\/+$/, "")}/*.yaml`,
      });
    }
    return readBounded(path);
  } catch (error) {
    if (error instanceof EngineError || !(error instanceof Error) || !("code" in error)) throw error;
    const missing = error.code === "ENOENT";
    const reason = missing ? "no such file or directory" : describe(error);
    throw new EngineError(missing ? "KUBE_NOT_FOUND" : "KUBE_INVALID", `open ${path}: ${reason}`, {
      cause: error,
    });
  }
}

/** A pipe (`<(helm template …)`) does not tell its size beforehand, and a device may have no end. */
function readBounded(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const chunks: Uint8Array[] = [];
    for (let size = 0; size <= LARGEST; ) {
      const chunk = new Uint8Array(READ_AT_ONCE);
      const length = readSync(file, chunk);
      if (length === 0) break;
      chunks.push(chunk.subarray(0, length));
      size += length;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
}

function describe(error: Error): string {
  return error.message.replace(/^E[A-Z]+: /, "").replace(/, \w+ '.*'$/, "");
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await connect(url);
  if (!response.ok) {
    const code = response.status === 404 ? "KUBE_NOT_FOUND" : "KUBE_INVALID";
    throw new EngineError(code, `fetch ${url}: ${`${response.status} ${response.statusText}`.trim()}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      chunks.push(chunk);
      if (size > LARGEST) break;
    }
  } catch (error) {
    throw unreachable(url, error);
  }
  return Buffer.concat(chunks);
}

async function connect(url: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(URL_TIMEOUT_MS) });
  } catch (error) {
    throw unreachable(url, error);
  }
}

function unreachable(url: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError("KUBE_INVALID", `fetch ${url}: ${reason}`, { cause });
}

function tooLarge(name: string): EngineError {
  return new EngineError("KUBE_INVALID", `${name}: more than ${LARGEST / 1024 / 1024} MiB is no manifest`);
}
