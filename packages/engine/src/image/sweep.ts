/** Removes what killed commands left: stages, layers without an image, directories and blobs without a record. */
import { ADDING_LOCK, type ImageContext, layerLock } from "./context.ts";
import type { HeldLock } from "../ports/lock.ts";
import { withLock } from "./locked.ts";

/**
 * For commands that add images: sweeps if nobody else is adding one, then gives the lock that tells others so. It
 * is shared: nobody waits for it while bytes move.
 */
export async function beginAdding(ctx: ImageContext): Promise<HeldLock> {
  await sweepLeftovers(ctx);
  return await ctx.locks.acquire(ADDING_LOCK, { mode: "shared" });
}

export async function sweepLeftovers(ctx: ImageContext): Promise<void> {
  await ctx.staging.sweep();
  using alone = ctx.locks.tryAcquire(ADDING_LOCK);
  // What another pull has brought so far has no image yet either.
  if (alone === undefined) return;
  const { images } = ctx.store;
  const unused = images.removeUnusedLayers(images.layers().map(({ chainId }) => chainId));
  for (const chainId of unused) ctx.log.debug(`layer ${chainId} belongs to no image`);
  await removeOrphanLayers(ctx);
  await removeOrphanBlobs(ctx);
}

async function removeOrphanLayers(ctx: ImageContext): Promise<void> {
  for (const chainId of await ctx.layers.list()) await removeLayerContent(ctx, chainId);
}

/** Only where no record stands: whoever is bringing the layer back holds its lock. */
export async function removeLayerContent(ctx: ImageContext, chainId: string): Promise<void> {
  if (ctx.store.images.layer(chainId) !== undefined) return;
  await withLock(ctx.locks, layerLock(chainId), async () => {
    if (ctx.store.images.layer(chainId) === undefined) await ctx.layers.remove(chainId);
  });
}

async function removeOrphanBlobs(ctx: ImageContext): Promise<void> {
  const used = new Set(ctx.store.images.list().flatMap(({ id, digest }) => [`sha256:${id}`, digest]));
  for (const digest of await ctx.blobs.list()) if (!used.has(digest)) await ctx.blobs.remove(digest);
}
