/** `image mount` and `image unmount`: images' files on the host, read only, for as long as the user wants. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { ImageSelection, MountedImage } from "@podwright/spec/engine-api/images";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import type { ImageRecord } from "../ports/image-record.ts";
import { type ImageContext, imageLock } from "./context.ts";
import { imageEvent } from "./image-event.ts";
import { resolveImage } from "./resolve.ts";

/** Of an image's layers: there is one such mount for each. */
const USER = "mounted";

/** @throws IMAGE_NOT_KNOWN before anything is mounted */
export async function mountImages(ctx: ImageContext, selection: ImageSelection): Promise<MountedImage[]> {
  const mounts = await ctx.mounts();
  const mounted: MountedImage[] = [];
  for (const { image } of chosen(ctx, selection)) {
    using _lock = await ctx.locks.acquire(imageLock(image.id));
    const { tree, empty } = placesOf(ctx, image.id);
    if (!mounts.isMounted(tree)) {
      for (const path of [tree, ...empty]) mkdirSync(path, { recursive: true, mode: 0o700 });
      // An overlay that nobody can write to needs two layers; an image may have one, or none.
      const lower = [...empty.slice(image.layers.length), ...(await ctx.layerMounts.acquire(image, USER))];
      await mounts.overlay({ target: tree, lower, volatile: false });
    }
    ctx.events.write(imageEvent("mount", image.id, image.names[0] ?? image.id));
    mounted.push(shown(image, tree));
  }
  return mounted;
}

/** An image that is not mounted is left out. */
export async function unmountImages(ctx: ImageContext, selection: ImageSelection): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { input, image } of chosen(ctx, selection)) {
    using _lock = await ctx.locks.acquire(imageLock(image.id));
    if (!(await dropImageMount(ctx, image.id))) continue;
    ctx.events.write(imageEvent("unmount", image.id, image.names[0] ?? image.id));
    outcomes.push({ input, id: image.id });
  }
  return outcomes;
}

export async function mountedImages(ctx: ImageContext): Promise<MountedImage[]> {
  const mounts = await ctx.mounts();
  return ctx.store.images.list().flatMap((image) => {
    const { tree } = placesOf(ctx, image.id);
    return mounts.isMounted(tree) ? [shown(image, tree)] : [];
  });
}

/** Call with the image's lock held. Nothing mounted is no error: then gives false. */
export async function dropImageMount(
  ctx: Pick<ImageContext, "runRoot" | "mounts" | "layerMounts">,
  id: string,
): Promise<boolean> {
  const { whole, tree, empty } = placesOf(ctx, id);
  if (!existsSync(whole)) return false;
  const mounts = await ctx.mounts();
  const mounted = mounts.isMounted(tree);
  mounts.unmount(tree);
  await ctx.layerMounts.release(id, USER);
  for (const path of [tree, ...empty, whole]) if (existsSync(path)) rmdirSync(path);
  return mounted;
}

function chosen(ctx: ImageContext, { names, all }: ImageSelection): { input: string; image: ImageRecord }[] {
  if (all) return ctx.store.images.list().map((image) => ({ input: image.id, image }));
  return names.map((input) => ({ input, image: resolveImage(ctx, input).image }));
}

function placesOf(
  { runRoot }: Pick<ImageContext, "runRoot">,
  id: string,
): { readonly whole: string; readonly tree: string; readonly empty: readonly string[] } {
  const whole = `${runRoot}/images/${id}`;
  return { whole, tree: `${whole}/tree`, empty: [`${whole}/lower`, `${whole}/lowest`] };
}

function shown({ id, digest, names }: ImageRecord, path: string): MountedImage {
  return { id, digest, names, path };
}
