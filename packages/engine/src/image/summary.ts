/** An image as lists show it. */
import { parseReference, repositoryOf } from "@podwright/spec/distribution/reference";
import type { ImageSummary } from "@podwright/spec/engine-api/images";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import type { Family } from "./family.ts";

export function summarize(
  ctx: Pick<ImageContext, "store">,
  image: ImageRecord,
  family: Family,
): ImageSummary {
  return {
    id: image.id,
    parentId: family.parent(image)?.id ?? "",
    names: image.names,
    digest: image.digest,
    repoDigests: repoDigestsOf(image),
    created: createdOf(image),
    size: image.size,
    labels: image.config.config?.Labels ?? {},
    containers: ctx.store.containers.usingImage(image.id).length,
    dangling: isDangling(image, family),
    readOnly: false,
    // The names that it has come before those that it had.
    history: [...new Set([...image.names, ...image.namesHistory])],
    arch: image.config.architecture,
    os: image.config.os,
  };
}

/** Milliseconds since 1970; an image may leave its date out. */
export function createdOf(image: ImageRecord): number {
  const created = Date.parse(image.config.created ?? "");
  return Number.isNaN(created) ? 0 : created;
}

export function isDangling(image: ImageRecord, family: Family): boolean {
  return image.names.length === 0 && !family.hasChildren(image);
}

/** As in Podman, each repository of the image's names with each digest under which it is known. */
export function repoDigestsOf(image: ImageRecord): string[] {
  const known = image.repoDigests.map((name) => name.slice(name.indexOf("@") + 1));
  const digests = [...new Set([...known, image.digest])];
  const repositories = [...new Set(image.names.map((name) => repositoryOf(parseReference(name))))];
  return repositories.flatMap((repository) => digests.map((digest) => `${repository}@${digest}`));
}
