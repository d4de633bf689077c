/** The directories that an overlay of an image is made of. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRecord } from "../ports/image-record.ts";
import type { LayerSink } from "../ports/layer-sink.ts";

/**
 * The lowest layer first. A container's upper directory takes owner and mode of the last one's root, since the
 * merged root shows those of the upper.
 * @throws IMAGE_LAYER_INVALID when one is missing: the store was damaged from outside.
 */
export async function layerDirs(
  ctx: { readonly layers: Pick<LayerSink, "has" | "directory"> },
  image: ImageRecord,
): Promise<string[]> {
  for (const chainId of image.layers) {
    if (await ctx.layers.has(chainId)) continue;
    throw new EngineError(
      "IMAGE_LAYER_INVALID",
      `image ${image.id}: its layer ${chainId} is missing from the store`,
      {
        hint: "pull the image again",
      },
    );
  }
  return image.layers.map((chainId) => ctx.layers.directory(chainId));
}
