/** `push`: an image to a registry, or to an archive or a directory. */
import { parseCompression } from "@podwright/spec/values/compression";
import {
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "@podwright/spec/distribution/reference";
import type { PullProgress, PushRequest } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ImageDestination } from "../ports/image-destination.ts";
import type { ArchiveTransport } from "../ports/image-source.ts";
import type { ImageContext } from "./context.ts";
import { imageEvent } from "./image-event.ts";
import { resolveImage, type Resolved } from "./resolve.ts";
import { parseManifestFormat, sendImage } from "./send-image.ts";

export interface PushOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

const ARCHIVES = /^(docker-archive|oci-archive|oci|dir):(?!\/\/)(.*)$/s;
const OTHERS = /^(containers-storage|docker-daemon|ostree|sif|atomic|tarball):/;

/** Gives the digest of the manifest as the destination has it. @throws IMAGE_NOT_KNOWN, REGISTRY_UNAUTHORIZED, … */
export async function pushImage(
  ctx: ImageContext,
  request: PushRequest,
  options: PushOptions,
): Promise<string> {
  const format = parseManifestFormat(request.format);
  const found = resolveImage(ctx, request.source);
  const name = request.destination ?? nameToPush(found);
  const target = parseDestination(name);
  await using destination = await open(ctx, target, request, options);
  const digest = await sendImage(ctx, {
    image: found.image,
    destination,
    format,
    compression: request.compression ?? configuredCompression(ctx),
    forceCompression: request.forceCompression,
    names: target.kind === "archive" && target.refName !== undefined ? [target.refName] : [],
    ...options,
  });
  await destination.close();
  ctx.events.write(imageEvent("push", found.image.id, name));
  return digest;
}

/** A zstd:chunked layer is a zstd layer with an index besides: what a distribution sets must not stop a push. */
function configuredCompression({ pushCompression, log }: ImageContext): PushRequest["compression"] {
  const { format, level } = pushCompression;
  const chunked = format === "zstd:chunked";
  if (chunked) log.warn("containers.conf: compression_format zstd:chunked is written as zstd");
  const known = chunked ? "zstd" : format;
  return parseCompression(known === "" ? undefined : known, level === -1 ? undefined : level);
}

type Target =
  | { readonly kind: "registry"; readonly reference: Reference }
  | {
      readonly kind: "archive";
      readonly transport: ArchiveTransport;
      readonly path: string;
      readonly refName: string | undefined;
    };

function nameToPush({ image, name }: Resolved): string {
  if (image.names.includes(name)) return name;
  throw new EngineError(
    "IMAGE_REFERENCE_INVALID",
    `${name}: an image ID cannot be pushed without a destination`,
    {
      hint: "say where to: push IMAGE DESTINATION",
    },
  );
}

function parseDestination(text: string): Target {
  const archive = ARCHIVES.exec(text);
  if (archive !== null) return parseArchive(archive[1] as ArchiveTransport, archive[2] ?? "");
  const other = OTHERS.exec(text)?.[1];
  if (other !== undefined)
    throw new EngineError("NOT_IMPLEMENTED", `transport ${JSON.stringify(other)} is not supported`);
  const reference = withDefaultTag(parseReference(text.replace(/^docker:\/\//, "")));
  if (reference.digest === undefined) return { kind: "registry", reference };
  throw new EngineError(
    "IMAGE_REFERENCE_INVALID",
    `${text}: the digest of what is pushed cannot be chosen: give a tag`,
  );
}

/** `PATH[:NAME]`; in a docker-archive the name is a full reference, in a layout any text. */
function parseArchive(transport: ArchiveTransport, location: string): Target {
  const colon = transport === "dir" ? -1 : location.indexOf(":");
  const path = colon === -1 ? location : location.slice(0, colon);
  if (path === "") throw new EngineError("CLI_USAGE", `${transport}: no path was given`);
  const name = colon === -1 ? undefined : location.slice(colon + 1);
  const isReference = transport === "docker-archive" && name !== undefined;
  const refName = isReference ? formatReference(withDefaultTag(parseReference(name))) : name;
  return { kind: "archive", transport, path, refName };
}

async function open(
  ctx: ImageContext,
  target: Target,
  request: PushRequest,
  { progress, signal }: PushOptions,
): Promise<ImageDestination> {
  if (target.kind === "registry") {
    return await ctx.destinations.registry(target.reference, request, {
      onRetry: (reason, delayMs) => progress({ kind: "retry", reason, delayMs }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
  const { transport, path, refName } = target;
  // Asking for a compression is asking for compressed layers, even where they lie plain by themselves.
  const compress = request.compress || request.compression !== undefined;
  return await ctx.destinations.archive({
    transport,
    path,
    ...(refName === undefined ? {} : { refName }),
    ...(compress && transport === "dir" ? { layers: "compressed" } : {}),
  });
}
