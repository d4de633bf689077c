/** `image history`: what each step of an image's making did, the last one first. */
import type { ImageHistoryLayer } from "@podwright/spec/engine-api/images";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import { resolveImage } from "./resolve.ts";

/** What a step is called that no image in the store ends with. */
const MISSING = "<missing>";

/** @throws IMAGE_NOT_KNOWN */
export function imageHistory(
  ctx: Pick<ImageContext, "store" | "names">,
  nameOrId: string,
): ImageHistoryLayer[] {
  const { image } = resolveImage(ctx, nameOrId);
  const endingWith = imagesByTopLayer(ctx, image);
  const shown = new Set<string>();
  const result: ImageHistoryLayer[] = [];
  let left = image.layers.length;
  for (const entry of (image.config.history ?? []).toReversed()) {
    const here = endingWith.get(image.layers[left - 1] ?? "") ?? [];
    const id = here[0]?.id ?? MISSING;
    // Steps without a layer of their own share the layer below: only the last of them is the image.
    const isNew = id === MISSING || !shown.has(id);
    shown.add(id);
    const hasLayer = entry.empty_layer !== true && left > 0;
    if (hasLayer) left -= 1;
    result.push({
      id: isNew ? id : MISSING,
      created: timeOf(entry.created),
      createdBy: entry.created_by ?? "",
      comment: entry.comment ?? "",
      size: hasLayer ? (ctx.store.images.layer(image.layers[left] ?? "")?.size ?? 0) : 0,
      tags: here.flatMap((other) => other.names),
    });
  }
  return result;
}

/** Itself before others that end with the same layer. An image without layers is under "". */
function imagesByTopLayer(
  ctx: Pick<ImageContext, "store">,
  image: ImageRecord,
): ReadonlyMap<string, readonly ImageRecord[]> {
  const others = ctx.store.images.list().filter(({ id }) => id !== image.id);
  return Map.groupBy([image, ...others], ({ layers }) => layers.at(-1) ?? "");
}

/** Milliseconds since 1970; a step may leave its date out. */
function timeOf(text: string | undefined): number {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? 0 : time;
}
