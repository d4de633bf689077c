/** Where manifests come from: files, URLs, standard input. */
import type { KubeSource } from "@podwright/spec/engine-api/kube";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readFileSync, statSync } from "node:fs";
import type { Io } from "../frame/command.ts";

/** A manifest is text that somebody wrote; the largest object that a cluster takes is far smaller. */
const LARGEST = 16 * 1024 * 1024;
const URL_TIMEOUT_MS = 30_000;

/** In the order given; standard input once at most. @throws CLI_USAGE, KUBE_NOT_FOUND */
export async function readSources(io: Io, names: readonly string[]): Promise<KubeSource[]> {
  if (names.filter((name) => name === "-").length > 1) {
    throw new EngineError("CLI_USAGE", "standard input can be read only once");
  }
  return Promise.all(names.map(async (name) => ({ name, text: await read(io, name) })));
}

function read(io: Io, name: string): Promise<string> | string {
  if (name === "-") return io.readStdin();
  return /^https?:\/\//i.test(name) ? fetchText(name) : readText(name);
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    if (statSync(path).isDirectory()) {
      throw new EngineError("KUBE_INVALID", `read ${path}: is a directory`, {
        hint: `name the files in it: ${path.replace(/\/+$/, "")}/*.yaml`,
      });
    }
    if (statSync(path).size > LARGEST) throw tooLarge(path);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof EngineError || !(error instanceof Error) || !("code" in error)) throw error;
    const missing = error.code === "ENOENT";
    const reason = missing ? "no such file or directory" : describe(error);
    throw new EngineError(missing ? "KUBE_NOT_FOUND" : "KUBE_INVALID", `open ${path}: ${reason}`, {
      cause: error,
    });
  }
  return bytes.toString("utf8");
}

function describe(error: Error): string {
  return error.message.replace(/^E[A-Z]+: /, "").replace(/, \w+ '.*'$/, "");
}

async function fetchText(url: string): Promise<string> {
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
      if (size > LARGEST) throw tooLarge(url);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw unreachable(url, error);
  }
  return Buffer.concat(chunks).toString("utf8");
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
