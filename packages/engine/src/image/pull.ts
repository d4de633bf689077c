/** `pull`: decides by policy whether to ask a registry, tries the candidates of a name in order. */
import { isDigest } from "@podwright/spec/distribution/digest";
import {
  formatReference,
  isShortName,
  parseReference,
  type Reference,
  repositoryOf,
} from "@podwright/spec/distribution/reference";
import type { PullProgress, PullRequest } from "@podwright/spec/engine-api/images";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ArchiveTransport, NameCandidates, RequestWatch } from "../ports/image-source.ts";
import type { ImageContext } from "./context.ts";
import { copyImage } from "./copy-image.ts";
import { digestOf } from "./digests.ts";
import { copyArchive } from "./load.ts";
import { imageEvent } from "./image-event.ts";
import { findImage, notKnown, type Resolved } from "./resolve.ts";
import { beginAdding } from "./sweep.ts";

export interface PullOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Gives the images pulled, or found where the policy says that this is enough. */
export async function pullImages(
  ctx: ImageContext,
  request: PullRequest,
  options: PullOptions,
): Promise<ImageRecord[]> {
  const { reference } = request;
  try {
    const images = await pullReferenced(ctx, request, options);
    if (request.ahead !== true) {
      for (const { id } of images) ctx.events.write(imageEvent("pull", id, reference));
    }
    return images;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.events.write({ ...imageEvent("pull-error", "", reference), error: reason });
    throw error;
  }
}

async function pullReferenced(
  ctx: ImageContext,
  request: PullRequest,
  options: PullOptions,
): Promise<ImageRecord[]> {
  const archive = /^(docker-archive|oci-archive|oci|dir):(?!\/\/)(.*)$/s.exec(request.reference);
  if (archive?.[1] !== undefined && archive[2] !== undefined) {
    return await pullArchive(ctx, archive[1] as ArchiveTransport, archive[2], request, options);
  }
  const name = request.reference.replace(/^docker:\/\//, "");
  if (request.allTags === true) return await pullAllTags(ctx, name, request, options);
  return [await pullOne(ctx, name, request, options)];
}

async function pullArchive(
  ctx: ImageContext,
  transport: ArchiveTransport,
  path: string,
  ...[request, options]: [PullRequest, PullOptions]
): Promise<ImageRecord[]> {
  if (request.allTags === true) {
    throw new EngineError("CLI_USAGE", `pulling all tags is not supported for ${transport} transport`);
  }
  ctx.names.checkPolicy(transport, undefined);
  using _adding = await beginAdding(ctx);
  await using archive = await ctx.transports.archive(transport, path);
  return await copyArchive(ctx, archive, {
    ...options,
    platform: request.platform,
    fallbackName: transport === "dir" || transport === "oci" ? path : undefined,
  });
}

async function pullAllTags(
  ctx: ImageContext,
  name: string,
  request: PullRequest,
  options: PullOptions,
): Promise<ImageRecord[]> {
  const typed = parseReference(name);
  if (typed.tag !== undefined || typed.digest !== undefined) {
    throw new EngineError("CLI_USAGE", "tag can't be used with --all-tags");
  }
  const [repository] = ctx.names.candidates(name).references;
  if (repository === undefined) throw notKnown(name);
  const tags = await ctx.transports.tags(repository, request, watchOf(options));
  const pulled: ImageRecord[] = [];
  for (const tag of tags) {
    pulled.push(await pullOne(ctx, `${repositoryOf(repository)}:${tag}`, request, options));
  }
  return pulled;
}

async function pullOne(
  ctx: ImageContext,
  name: string,
  request: PullRequest,
  options: PullOptions,
): Promise<ImageRecord> {
  const local = findImage(ctx, name, request.platform);
  // Images may declare a wrong platform: whoever asks for one gets a look at the registry.
  const custom = request.platform !== undefined && Object.keys(request.platform).length > 0;
  const policy = custom && request.policy === "missing" ? "newer" : request.policy;
  if (policy === "never") {
    if (local === undefined) throw notKnown(name);
    return local.image;
  }
  if (policy === "missing" && local !== undefined) return local.image;
  if (local !== undefined && isId(local, name)) {
    if (policy !== "always") return local.image;
    throw new EngineError(
      "IMAGE_PULL_FAILED",
      `pull policy is always but image has been referred to by ID (${name})`,
    );
  }
  const wanted = local !== undefined && !custom ? local.name : name;
  const keep = policy === "newer" ? local?.image : undefined;
  return await tryCandidates(ctx, ctx.names.candidates(wanted), { request, options, keep, typed: name });
}

function isId({ image }: Resolved, name: string): boolean {
  const hex = name.startsWith("sha256:") ? name.slice("sha256:".length) : name;
  return image.id.startsWith(hex) || isDigest(name);
}

interface Attempt {
  readonly request: PullRequest;
  readonly options: PullOptions;
  /** Policy "newer": what is used unless the registry has another. */
  readonly keep: ImageRecord | undefined;
  readonly typed: string;
}

async function tryCandidates(
  ctx: ImageContext,
  { references, description }: NameCandidates,
  attempt: Attempt,
): Promise<ImageRecord> {
  const failures: EngineError[] = [];
  if (description !== "") attempt.options.progress({ kind: "source", text: description });
  for (const reference of references) {
    try {
      ctx.names.checkPolicy("docker", reference);
      const pulled = await pullReference(ctx, reference, attempt);
      if (pulled !== undefined) return pulled;
    } catch (error) {
      if (!isEngineError(error) || error.code === "CANCELED") throw error;
      failures.push(error);
    }
  }
  if (attempt.keep !== undefined) return attempt.keep;
  throw joinFailures(failures, attempt.typed);
}

/** Gives undefined when the image that is there is the registry's present one. */
async function pullReference(
  ctx: ImageContext,
  reference: Reference,
  { request, options, keep }: Attempt,
): Promise<ImageRecord | undefined> {
  const full = formatReference(reference);
  if (keep === undefined) options.progress({ kind: "trying", reference: full });
  await using source = await ctx.transports.registry(reference, request, watchOf(options));
  if (keep !== undefined) {
    const digest = digestOf((await source.manifest()).bytes);
    if (keep.digest === digest || keep.repoDigests.some((name) => name.endsWith(`@${digest}`)))
      return undefined;
    options.progress({ kind: "trying", reference: full });
  }
  using _adding = await beginAdding(ctx);
  return await copyImage(ctx, {
    source,
    names: [full],
    repository: repositoryOf(reference),
    platform: request.platform,
    ...options,
    ...(reference.digest === undefined ? {} : { digest: reference.digest }),
  });
}

function watchOf({ progress, signal }: PullOptions): RequestWatch {
  return {
    onRetry: (reason, delayMs) => progress({ kind: "retry", reason, delayMs }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** One failure speaks for itself; of several, none may be lost. */
function joinFailures(failures: readonly EngineError[], typed: string): EngineError {
  const [first] = failures;
  if (first === undefined)
    return new EngineError("IMAGE_PULL_FAILED", `${typed}: there is no registry to pull from`);
  if (failures.length === 1) return first;
  const lines = failures.map(({ message }) => `\t* ${message}`).join("\n");
  return new EngineError("IMAGE_PULL_FAILED", `${failures.length} errors occurred while pulling:\n${lines}`, {
    cause: first,
    ...(isShortName(typed)
      ? { hint: `give the full name of ${JSON.stringify(typed)}, with its registry` }
      : {}),
  });
}
