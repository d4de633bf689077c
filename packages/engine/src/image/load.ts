/** `load`: every image of an archive, with the names that it carries. */
import { formatReference, parseReference } from "@podwright/spec/distribution/reference";
import type { PlatformChoice, PullProgress } from "@podwright/spec/engine-api/images";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRecord } from "../ports/image-record.ts";
import type { OpenArchive } from "../ports/image-source.ts";
import type { ImageContext } from "./context.ts";
import { copyImage } from "./copy-image.ts";
import { imageEvent } from "./image-event.ts";
import { localName } from "./local-name.ts";
import { beginAdding } from "./sweep.ts";

export interface LoadOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
  readonly platform?: PlatformChoice | undefined;
  /** For an image without a name of its own. */
  readonly fallbackName?: string | undefined;
}

/** Gives what to call each image: its names, or its id. @throws IMAGE_ARCHIVE_INVALID */
export async function loadImages(ctx: ImageContext, source: string, options: LoadOptions): Promise<string[]> {
  ctx.names.checkPolicy("docker-archive", undefined);
  using _adding = await beginAdding(ctx);
  await using archive = await ctx.transports.anyArchive(source, options.signal);
  const loaded: string[] = [];
  for (const { source: image, names } of archive.images) {
    const full = fullNames(image.name, names, options.fallbackName);
    const record = await copyImage(ctx, { source: image, names: full, ...options });
    ctx.events.write(imageEvent("loadfromarchive", record.id, source));
    loaded.push(...(full.length > 0 ? full : [`sha256:${record.id}`]));
  }
  return loaded;
}

export async function copyArchive(
  ctx: ImageContext,
  archive: OpenArchive,
  options: LoadOptions,
): Promise<ImageRecord[]> {
  const records: ImageRecord[] = [];
  for (const { source, names } of archive.images) {
    const full = fullNames(source.name, names, options.fallbackName);
    records.push(await copyImage(ctx, { source, names: full, ...options }));
  }
  return records;
}

/** Docker's archives mean docker.io where no registry stands; names in OCI layouts are local ones. */
function fullNames(source: string, names: readonly string[], fallback: string | undefined): string[] {
  if (names.length === 0) return fallback === undefined ? [] : pathName(fallback);
  if (!source.startsWith("docker-archive:")) return names.map((name) => formatReference(localName(name)));
  return names.map((name) => formatReference(parseReference(name)));
}

/** As Podman names what came from a directory: localhost/PATH. A path that is no name gives none. */
function pathName(path: string): string[] {
  try {
    return [formatReference(localName(`localhost/${path.replace(/^\/+/, "")}`))];
  } catch (error) {
    if (isEngineError(error, "IMAGE_REFERENCE_INVALID")) return [];
    throw error;
  }
}
