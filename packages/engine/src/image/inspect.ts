/** `image inspect`: everything that is known of one image. */
import type { ImageInspect } from "@podwright/spec/engine-api/images";
import type { ImageContext } from "./context.ts";
import { familyOf } from "./family.ts";
import { resolveImage } from "./resolve.ts";
import { summarize } from "./summary.ts";

/** @throws IMAGE_NOT_KNOWN */
export function inspectImage(ctx: ImageContext, nameOrId: string): ImageInspect {
  const { image } = resolveImage(ctx, nameOrId);
  const directories = image.layers.map((chainId) => ctx.layerMounts.directory(chainId)).reverse();
  const [upper, ...lower] = directories;
  return {
    summary: summarize(ctx, image, familyOf(ctx.store.images.list())),
    config: image.config,
    manifestType: image.manifestType,
    annotations: image.annotations,
    history: image.config.history ?? [],
    layers: image.config.rootfs.diff_ids,
    graphDriver: {
      name: "overlay",
      data: {
        ...(lower.length === 0 ? {} : { LowerDir: lower.join(":") }),
        ...(upper === undefined ? {} : { UpperDir: upper }),
      },
    },
  };
}
