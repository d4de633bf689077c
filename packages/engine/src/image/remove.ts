/** `rmi`: takes names away, and with the last of them the image and what only it needed. */
import type { RemovedImage, RemoveImagesOptions } from "@podwright/spec/engine-api/images";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRecord } from "../ports/image-record.ts";
import { type ImageContext, imageLock } from "./context.ts";
import { familyOf } from "./family.ts";
import { imageEvent } from "./image-event.ts";
import { withLock } from "./locked.ts";
import { dropImageMount } from "./mount.ts";
import { findImage } from "./resolve.ts";
import { removeLayerContent } from "./sweep.ts";
import { isDangling } from "./summary.ts";

type Removal = Omit<RemovedImage, "input" | "error">;

/** One result for each input; a failure does not stop the others. */
export async function removeImages(
  ctx: ImageContext,
  namesOrIds: readonly string[],
  options: RemoveImagesOptions & { readonly all: boolean },
): Promise<RemovedImage[]> {
  if (options.all) return await removeAll(ctx, options);
  const results: RemovedImage[] = [];
  for (const input of namesOrIds) {
    const result = await attempt(input, async () => {
      const found = findImage(ctx, input);
      if (found === undefined) {
        if (options.ignore) return { untagged: [], deleted: [] };
        throw new EngineError("IMAGE_NOT_KNOWN", `${input}: image not known`, { exit: 1 });
      }
      return await removeNamed(ctx, found.image, { input, name: found.name }, options);
    });
    results.push(result);
  }
  return results;
}

/** Children before their parents: a parent goes with its last child. */
async function removeAll(ctx: ImageContext, options: RemoveImagesOptions): Promise<RemovedImage[]> {
  const results: RemovedImage[] = [];
  for (const { id } of ctx.store.images.list().reverse()) {
    const image = ctx.store.images.get(id);
    if (image === undefined) continue;
    results.push(await attempt(id, () => removeWhole(ctx, image, options)));
  }
  return results;
}

async function attempt(input: string, remove: () => Promise<Removal>): Promise<RemovedImage> {
  try {
    return { input, ...(await remove()) };
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return { input, untagged: [], deleted: [], error };
  }
}

async function removeNamed(
  ctx: ImageContext,
  image: ImageRecord,
  { input, name }: { readonly input: string; readonly name: string },
  options: RemoveImagesOptions,
): Promise<Removal> {
  const byName = image.names.includes(name);
  if (image.names.length > 1 && byName) {
    ctx.store.images.removeName(image.id, name);
    ctx.events.write(imageEvent("untag", image.id, name));
    return { untagged: [name], deleted: [] };
  }
  if (image.names.length > 1 && !options.force) {
    const how = input.startsWith("sha256:") ? "digest" : "ID";
    throw new EngineError(
      "IMAGE_IN_USE",
      `unable to delete image ${JSON.stringify(image.id)} by ${how} with more than one tag ([${image.names.join(" ")}]): please force removal`,
      { exit: 125 },
    );
  }
  return await removeWhole(ctx, image, { ...options, calledBy: byName ? name : input });
}

/** The image with all its names, and then parents that nothing shows any more. */
export async function removeWhole(
  ctx: ImageContext,
  image: ImageRecord,
  options: RemoveImagesOptions & { readonly calledBy?: string },
): Promise<Removal> {
  const { calledBy = image.id } = options;
  if (options.force) await ctx.removeContainersOf(image.id);
  const family = familyOf(ctx.store.images.list());
  const hadChildren = family.hasChildren(image);
  await withLock(ctx.locks, imageLock(image.id), async () => {
    dropRecord(ctx, image);
    await dropImageMount(ctx, image.id);
    await dropContent(ctx, image);
  });
  for (const name of image.names) ctx.events.write(imageEvent("untag", image.id, name));
  ctx.events.write(imageEvent("remove", image.id, calledBy));
  // With children, its content is still there: Podman and Docker do not call that deleted.
  const own: Removal = { untagged: image.names, deleted: hadChildren ? [] : [image.id] };
  const parent = options.noPrune ? undefined : family.parent(image);
  const current = parent === undefined ? undefined : ctx.store.images.get(parent.id);
  if (current === undefined || !isDangling(current, familyOf(ctx.store.images.list()))) return own;
  if (ctx.store.containers.usingImage(current.id).length > 0) return own;
  const above = await removeWhole(ctx, current, { ...options, force: false, calledBy: current.id });
  return { untagged: [...own.untagged, ...above.untagged], deleted: [...own.deleted, ...above.deleted] };
}

/** Looks for containers and removes the row as one: a container that is made meanwhile must not lose its image. */
function dropRecord(ctx: ImageContext, image: ImageRecord): void {
  ctx.store.transaction(() => {
    const [user] = ctx.store.containers.usingImage(image.id);
    if (user !== undefined) {
      throw new EngineError(
        "IMAGE_IN_USE",
        `image used by ${user}: image is in use by a container: consider listing external containers and force-removing image`,
      );
    }
    ctx.store.images.remove(image.id);
  });
}

async function dropContent(ctx: ImageContext, image: ImageRecord): Promise<void> {
  await ctx.blobs.remove(`sha256:${image.id}`);
  await ctx.blobs.remove(image.digest);
  // From the top: what is left after a kill is a whole stack from below.
  const unused = ctx.store.images.removeUnusedLayers(image.layers);
  for (const chainId of unused.reverse()) await removeLayerContent(ctx, chainId);
}
