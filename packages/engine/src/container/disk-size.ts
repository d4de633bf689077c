/** What a container takes on disk: what its removal gives back. */
import type { ContainerConfig } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { placesOf } from "./places.ts";

/** Its files above the image, its logs, and what is written down of it; its volumes are counted by themselves. */
export function containerDiskSize(
  ctx: Pick<ContainerContext, "settings" | "treeSize">,
  config: ContainerConfig,
): number {
  const written = Buffer.byteLength(JSON.stringify(config));
  return ctx.treeSize(placesOf(ctx.settings, config).store) + written;
}
