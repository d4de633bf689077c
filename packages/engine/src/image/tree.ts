/** `image tree`: the layers of an image, and which images end with each of them. */
import type { ImageTree, LayerNode } from "@podwright/spec/engine-api/images";
import type { LayerRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import { resolveImage } from "./resolve.ts";

/** Its layers, the lowest first, or with `children` its last layer and all that stand on it. @throws IMAGE_NOT_KNOWN */
export function imageTree(
  ctx: Pick<ImageContext, "store" | "names">,
  nameOrId: string,
  { children }: { readonly children: boolean },
): ImageTree {
  const { image } = resolveImage(ctx, nameOrId);
  const ending = Map.groupBy(ctx.store.images.list(), ({ layers }) => layers.at(-1) ?? "");
  const node = ({ chainId, size }: LayerRecord): Omit<LayerNode, "children"> => ({
    id: chainId,
    size,
    names: ending.get(chainId)?.flatMap(({ names }) => names) ?? [],
  });
  const above = Map.groupBy(children ? ctx.store.images.layers() : [], ({ parent }) => parent);
  const grown = (layer: LayerRecord): LayerNode => ({
    ...node(layer),
    children: (above.get(layer.chainId) ?? []).map(grown),
  });
  const shown = children ? image.layers.slice(-1) : image.layers;
  const layers = shown
    .map((chainId) => ctx.store.images.layer(chainId))
    .filter((layer): layer is LayerRecord => layer !== undefined);
  return { id: image.id, names: image.names, size: image.size, layers: layers.map(grown) };
}
