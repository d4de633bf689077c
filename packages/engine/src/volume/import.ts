/** `volume import`: a tar's files into a volume, over what is there. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { VolumeContext } from "./context.ts";
import { ensureVolumeDirectory } from "./create.ts";

/** @throws VOLUME_NOT_FOUND, FILES_COPY_FAILED, FILES_ARCHIVE_INVALID */
export async function importVolume(
  ctx: VolumeContext,
  name: string,
  { archive, signal }: { readonly archive: AsyncIterable<Uint8Array>; readonly signal?: AbortSignal },
): Promise<void> {
  const volume = ctx.store.volumes.find(name);
  // Nobody removes it, or fills it from an image, meanwhile.
  using _lock = await ctx.locks.acquire(`volume-${volume.name}`);
  using tree = await ctx.openTree(ensureVolumeDirectory(ctx, ctx.store.volumes.find(volume.name)));
  const skipped: string[] = [];
  try {
    await tree.write("/", archive, {
      overwrite: true,
      onSkipped: (path) => skipped.push(path),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (!isEngineError(error, "FILES_COPY_FAILED")) throw error;
    throw new EngineError(error.code, `importing into volume ${volume.name}: ${error.message}`, {
      cause: error,
    });
  }
  // What is in it now is what was asked for: no container fills it from its image, or gives it away.
  const filled = { needsCopyUp: false, needsChown: false };
  ctx.store.volumes.update(volume.name, (record) => ({ ...record, ...filled }));
  for (const path of skipped) ctx.log.warn(`not imported, since it is a device: ${path}`);
}
