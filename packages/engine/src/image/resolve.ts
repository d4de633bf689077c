/** From what the user typed to an image in the store: full names, short ones, digests, ids. */
import {
  formatReference,
  parseReference,
  type Reference,
  repositoryOf,
  splitSuffixes,
} from "@podwright/spec/distribution/reference";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { platformMatches } from "@podwright/spec/oci-image/platform";
import type { PlatformChoice } from "@podwright/spec/engine-api/images";
import type { ImageRecord } from "../ports/image-record.ts";
import type { NamePolicy } from "../ports/image-source.ts";
import type { ImageContext } from "./context.ts";

export interface Resolved {
  readonly image: ImageRecord;
  /** The name under which it was found; the input where that was an id. */
  readonly name: string;
}

interface Lookup {
  readonly store: Pick<ImageContext["store"], "images">;
  readonly names: Pick<NamePolicy, "localCandidates">;
}

/** @throws IMAGE_NOT_KNOWN, IMAGE_AMBIGUOUS, IMAGE_REFERENCE_INVALID */
export function resolveImage(ctx: Lookup, input: string, platform?: PlatformChoice): Resolved {
  const found = findImage(ctx, input, platform);
  if (found === undefined) throw notKnown(input);
  return found;
}

export function notKnown(input: string): EngineError {
  return new EngineError("IMAGE_NOT_KNOWN", `${input}: image not known`);
}

/** As resolveImage, but an image that is not there is undefined. */
export function findImage(ctx: Lookup, input: string, platform?: PlatformChoice): Resolved | undefined {
  const id = input.startsWith("sha256:") ? input.slice("sha256:".length) : input;
  if (/^[0-9a-f]{64}$/.test(id)) return byIdOrDigest(ctx, input, id);
  if (input.startsWith("sha256:")) {
    throw new EngineError("IMAGE_NOT_KNOWN", `${input}: invalid format: no 64-byte hexadecimal value`);
  }
  for (const candidate of candidatesOf(ctx, input)) {
    const image = byReference(ctx, candidate);
    if (image !== undefined && fits(image, platform)) return { image, name: formatReference(candidate) };
  }
  return byIdPrefix(ctx, input) ?? bySuffix(ctx, input);
}

/** Names that no registry could have (`UPPER`) may still be an id's beginning. */
function candidatesOf(ctx: Lookup, input: string): readonly Reference[] {
  try {
    return ctx.names.localCandidates(input);
  } catch (error) {
    if (isEngineError(error, "IMAGE_REFERENCE_INVALID")) return [];
    throw error;
  }
}

function byIdOrDigest(ctx: Lookup, input: string, hex: string): Resolved | undefined {
  const { images } = ctx.store;
  const image =
    images.get(hex) ?? images.byDigest(`sha256:${hex}`)[0] ?? byAnyDigest(ctx, `sha256:${hex}`)[0];
  return image === undefined ? undefined : { image, name: input };
}

function byReference(ctx: Lookup, reference: Reference): ImageRecord | undefined {
  const exact = ctx.store.images.byName(formatReference(reference));
  if (exact !== undefined || reference.digest === undefined) return exact;
  const repository = repositoryOf(reference);
  return byAnyDigest(ctx, reference.digest).find((image) =>
    [...image.names, ...image.repoDigests].some((name) => repositoryOf(parseReference(name)) === repository),
  );
}

/** Of its manifest, or of an index that it was chosen from. */
function byAnyDigest(ctx: Lookup, digest: string): ImageRecord[] {
  return ctx.store.images
    .list()
    .filter(
      (image) => image.digest === digest || image.repoDigests.some((name) => name.endsWith(`@${digest}`)),
    );
}

function byIdPrefix(ctx: Lookup, input: string): Resolved | undefined {
  if (!/^[0-9a-f]{1,64}$/.test(input)) return undefined;
  const found = ctx.store.images.byIdPrefix(input);
  const [image] = found;
  if (found.length > 1) {
    throw new EngineError("IMAGE_AMBIGUOUS", `${input}: id prefix matches ${found.length} images`);
  }
  return image === undefined ? undefined : { image, name: input };
}

/** `foo/bar` finds quay.io/foo/bar: the last parts of a name may stand for it. */
function bySuffix(ctx: Lookup, input: string): Resolved | undefined {
  let parts: ReturnType<typeof splitSuffixes>;
  try {
    parts = splitSuffixes(input);
  } catch (error) {
    if (isEngineError(error, "IMAGE_REFERENCE_INVALID")) return undefined;
    throw error;
  }
  if (parts.digest !== undefined) return undefined;
  const tag = parts.tag ?? "latest";
  for (const image of ctx.store.images.list()) {
    for (const name of image.names) {
      const reference = parseReference(name);
      const repository = repositoryOf(reference);
      const matches = repository === parts.name || repository.endsWith(`/${parts.name}`);
      if (matches && reference.tag === tag) return { image, name };
    }
  }
  return undefined;
}

/** Only what was asked for is compared: some images lie about their platform. */
export function fits(image: ImageRecord, platform: PlatformChoice | undefined): boolean {
  if (platform === undefined) return true;
  const { os, architecture, variant } = image.config;
  return platformMatches(
    { os, architecture, ...(variant === undefined ? {} : { variant }) },
    {
      ...(platform.os === undefined ? {} : { os: platform.os }),
      ...(platform.arch === undefined ? {} : { architecture: platform.arch }),
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    },
  );
}
