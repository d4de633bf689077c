/** An image in a registry: finds the first of its mirrors that has it, then reads from there. */
import { formatReference, type Reference, repositoryOf } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor } from "@podwright/spec/oci-image/types";
import type { ImageSource, ManifestBytes, RequestWatch } from "../../../ports/image-source.ts";
import type { PullSource, RegistryConfiguration } from "../../../ports/registry-config.ts";
import { type Credentials, findCredentials } from "./credentials.ts";
import { Repository } from "./repository.ts";
import { prefixed } from "./session.ts";
import { DEFAULT_RETRY, Transport } from "./transport.ts";

export interface RegistryAccess {
  readonly configuration: RegistryConfiguration;
  readonly options: RegistryOptions;
  readonly watch: RequestWatch;
}

/** @throws what the last place said, with `initializing source docker://…` before it. */
export async function openRegistrySource(reference: Reference, access: RegistryAccess): Promise<ImageSource> {
  const name = `docker://${formatReference(reference)}`;
  const failures: string[] = [];
  let sources: readonly PullSource[];
  try {
    sources = access.configuration.pullSources(reference);
  } catch (error) {
    throw prefixed(`initializing source ${name}`, error);
  }
  for (const [index, source] of sources.entries()) {
    try {
      const repository = await connect(source, access);
      const first = await repository.manifest(source.reference.digest ?? source.reference.tag ?? "latest");
      return new RegistrySource(name, repository, first);
    } catch (error) {
      if (!isEngineError(error) || error.code === "CANCELED") throw error;
      if (index === sources.length - 1)
        throw prefixed(`initializing source ${name}`, withMirrors(error, failures, source));
      failures.push(`${formatReference(source.reference)}: ${error.message}`);
    }
  }
  throw new EngineError("REGISTRY_UNAVAILABLE", `initializing source ${name}: no place to pull from`);
}

/** Tags of a repository, mirrors left out: they may know fewer. */
export async function listTags(reference: Reference, access: RegistryAccess): Promise<string[]> {
  const primary = access.configuration.pullSources(reference).at(-1);
  if (primary === undefined) return [];
  return await (await connect(primary, access)).tags();
}

async function connect(source: PullSource, access: RegistryAccess): Promise<Repository> {
  const { reference } = source;
  return await Repository.connect({ reference, ...(await reach(source, access)) });
}

/** How a place is spoken to, and as whom. */
export async function reach({ reference, insecure }: PullSource, access: RegistryAccess): Promise<Reached> {
  const { options, configuration, watch } = access;
  const unverified = options.tlsVerify === undefined ? insecure : !options.tlsVerify;
  const transport = new Transport({
    verifyTls: !unverified,
    certificates: configuration.certificates(reference.domain, options.certDir),
    retry: {
      retries: options.retry ?? DEFAULT_RETRY.retries,
      delayMs: options.retryDelay ?? DEFAULT_RETRY.delayMs,
      refused: (options.retry ?? 0) > 0,
    },
    watch,
  });
  const credentials = await findCredentials(repositoryOf(reference), {
    configuration,
    ...(options.creds === undefined ? {} : { creds: options.creds }),
    ...(options.authFile === undefined ? {} : { authFile: options.authFile }),
  });
  return { insecure: unverified, transport, credentials };
}

export interface Reached {
  readonly insecure: boolean;
  readonly transport: Transport;
  readonly credentials: Credentials | undefined;
}

function withMirrors(error: EngineError, failures: readonly string[], source: PullSource): EngineError {
  if (failures.length === 0) return error;
  const mirrors = failures.map((text) => `[${text}]`).join(" ");
  const message = `(Mirrors also failed: ${mirrors}): ${formatReference(source.reference)}: ${error.message}`;
  return new EngineError(error.code, message, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

class RegistrySource implements ImageSource {
  readonly blobsMatchDigests = true;

  constructor(
    readonly name: string,
    readonly repository: Repository,
    readonly first: ManifestBytes,
  ) {}

  async manifest(digest?: string): Promise<ManifestBytes> {
    return digest === undefined ? this.first : await this.repository.manifest(digest);
  }

  blob(descriptor: Descriptor): AsyncIterable<Uint8Array> {
    return this.repository.blob(descriptor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Connections are kept by the runtime and end with the process.
  }
}
