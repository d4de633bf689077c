/** `volume export`: a volume's files as a tar. */
import type { ByteSink } from "@podwright/spec/engine-api/common";
import type { VolumeContext } from "./context.ts";
import { ensureVolumeDirectory } from "./create.ts";

/** Read by descriptors: what containers change meanwhile leads nowhere else. @throws VOLUME_NOT_FOUND */
export async function exportVolume(
  ctx: VolumeContext,
  name: string,
  { sink, signal }: { readonly sink: ByteSink; readonly signal?: AbortSignal },
): Promise<void> {
  using tree = await ctx.openTree(ensureVolumeDirectory(ctx, ctx.store.volumes.find(name)));
  for await (const chunk of tree.read("/", { name: "", crossMounts: false })) {
    signal?.throwIfAborted();
    await sink(chunk);
  }
}
