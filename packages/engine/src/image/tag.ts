/** `tag` and `untag`: names of images, without any content. */
import { formatReference } from "@podwright/spec/distribution/reference";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ImageContext } from "./context.ts";
import { imageEvent } from "./image-event.ts";
import { localName } from "./local-name.ts";
import { resolveImage } from "./resolve.ts";

/** @throws IMAGE_NOT_KNOWN, IMAGE_REFERENCE_INVALID */
export function tagImage(ctx: ImageContext, nameOrId: string, names: readonly string[]): void {
  const { image } = resolveImage(ctx, nameOrId);
  const full = names.map((name) => {
    if (name.startsWith("sha256:")) throw byDigest(name);
    const reference = localName(name);
    if (reference.digest !== undefined) throw byDigest(name);
    return formatReference(reference);
  });
  ctx.store.transaction(() => {
    for (const name of full) ctx.store.images.addName(image.id, name);
  });
  for (const name of names) ctx.events.write(imageEvent("tag", image.id, name));
}

/** Without names, all are removed. @throws IMAGE_NOT_KNOWN, IMAGE_TAG_NOT_KNOWN */
export function untagImage(ctx: ImageContext, nameOrId: string, names: readonly string[]): void {
  const { image } = resolveImage(ctx, nameOrId);
  const wanted = names.length === 0 ? image.names : names.map((name) => untagName(name));
  for (const name of wanted) {
    if (!image.names.includes(name)) throw new EngineError("IMAGE_TAG_NOT_KNOWN", `${name}: tag not known`);
  }
  ctx.store.transaction(() => {
    for (const name of wanted) ctx.store.images.removeName(image.id, name);
  });
  for (const name of wanted) ctx.events.write(imageEvent("untag", image.id, name));
}

function untagName(name: string): string {
  if (name.startsWith("sha256:")) {
    throw new EngineError("IMAGE_REFERENCE_INVALID", `${name}: untag by digest not supported`);
  }
  return formatReference(localName(name));
}

function byDigest(name: string): EngineError {
  return new EngineError("IMAGE_REFERENCE_INVALID", `${name}: tag by digest not supported`);
}
