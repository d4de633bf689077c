/** `export`: a container's whole root file system as a tar, without what is mounted into it. */
import type { ByteSink } from "@podwright/spec/engine-api/common";
import { containerEvent } from "../container-event.ts";
import { placesOf } from "../places.ts";
import type { FilesContext } from "./context.ts";
import { openRoot } from "./root.ts";

/** @throws CONTAINER_NOT_FOUND, CONTAINER_INVALID */
export async function exportContainer(
  ctx: FilesContext,
  nameOrId: string,
  { sink, signal }: { readonly sink: ByteSink; readonly signal?: AbortSignal },
): Promise<void> {
  const { events, settings } = ctx.containers;
  await using root = await openRoot(ctx, nameOrId, "read");
  const { config } = root.record;
  // Of a running one as the host sees it: there its volumes are not mounted.
  using host = root.running ? ctx.openTrees.open(placesOf(settings, config).rootfs) : undefined;
  const options = { name: "", crossMounts: false, ...(root.ids === undefined ? {} : { ids: root.ids }) };
  for await (const chunk of (host ?? root.tree).read("/", options)) {
    signal?.throwIfAborted();
    await sink(chunk);
  }
  events.write(containerEvent(config, "export"));
}
