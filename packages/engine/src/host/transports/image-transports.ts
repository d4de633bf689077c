/** All ways to images behind their one port. */
import type { Reference } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { stat, writeFile } from "node:fs/promises";
import type { Staging } from "../../ports/blob-store.ts";
import type {
  ArchiveTransport,
  ImageSource,
  ImageTransports,
  OpenArchive,
  RequestWatch,
} from "../../ports/image-source.ts";
import type { RegistryConfiguration } from "../../ports/registry-config.ts";
import { isErrno } from "../sys/libc.ts";
import { bodyOf, DEFAULT_RETRY, Transport } from "./registry/transport.ts";

const STDIN = "/dev/stdin";

export class HostImageTransports implements ImageTransports {
  readonly #configuration: RegistryConfiguration;
  readonly #staging: Staging;

  constructor(configuration: RegistryConfiguration, staging: Staging) {
    this.#configuration = configuration;
    this.#staging = staging;
  }

  async registry(reference: Reference, options: RegistryOptions, watch: RequestWatch): Promise<ImageSource> {
    const { openRegistrySource } = await import("./registry/registry-source.ts");
    return await openRegistrySource(reference, { configuration: this.#configuration, options, watch });
  }

  async tags(reference: Reference, options: RegistryOptions, watch: RequestWatch): Promise<string[]> {
    const { listTags } = await import("./registry/registry-source.ts");
    return await listTags(reference, { configuration: this.#configuration, options, watch });
  }

  async archive(transport: ArchiveTransport, path: string): Promise<OpenArchive> {
    const { openArchive } = await import("./archive/open-archive.ts");
    return await openArchive(transport, path, this.#staging);
  }

  async anyArchive(source: string, signal?: AbortSignal): Promise<OpenArchive> {
    const { openAnyArchive } = await import("./archive/open-archive.ts");
    if (!isUrl(source)) return await openAnyArchive(source, this.#staging);
    await using cleanup = new AsyncDisposableStack();
    const area = cleanup.use(await this.#staging.open());
    const path = `${area.path}/download`;
    await writeFile(path, await download(source, signal));
    const archive = cleanup.use(await openAnyArchive(path, this.#staging));
    const kept = cleanup.move();
    return { images: archive.images, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }

  async stream(source: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { readFileStream } = await import("./archive/archive-files.ts");
    if (source === "-") return readFileStream(STDIN);
    if (isUrl(source)) return await download(source, signal);
    if (await isFile(source)) return readFileStream(source);
    throw new EngineError("IMAGE_ARCHIVE_INVALID", `faccessat ${source}: no such file`);
  }
}

function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source);
}

async function download(url: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const transport = new Transport({
    verifyTls: true,
    certificates: { ca: [] },
    retry: DEFAULT_RETRY,
    watch: signal === undefined ? {} : { signal },
  });
  const response = await transport.send({ url, headers: {} });
  if (response.status === 200) return bodyOf(response);
  const status = `${response.status} ${response.statusText}`.trim();
  throw new EngineError("IMAGE_PULL_FAILED", `downloading ${url}: ${status}`);
}

/** Pipes and devices will do as well. */
async function isFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
