/** Which image was made from which: by their layers and histories, since nothing records it. */
import type { ImageRecord } from "../ports/image-record.ts";

export interface Family {
  /** undefined where none is in the store. */
  parent(image: ImageRecord): ImageRecord | undefined;
  hasChildren(image: ImageRecord): boolean;
}

export function familyOf(images: readonly ImageRecord[]): Family {
  const parents = new Map<string, ImageRecord>();
  for (const image of images) {
    const parent = findParent(image, images);
    if (parent !== undefined) parents.set(image.id, parent);
  }
  const withChildren = new Set([...parents.values()].map(({ id }) => id));
  return {
    parent: (image) => parents.get(image.id),
    hasChildren: (image) => withChildren.has(image.id),
  };
}

/** The nearest: the one with the most history among those that this image continues. */
function findParent(image: ImageRecord, images: readonly ImageRecord[]): ImageRecord | undefined {
  let best: ImageRecord | undefined;
  for (const other of images) {
    if (other.id === image.id || !continues(image, other)) continue;
    if (best === undefined || historyOf(other).length > historyOf(best).length) best = other;
  }
  return best;
}

/** As libimage compares them: at most one layer more, and the whole history of the other before its own. */
function continues(image: ImageRecord, other: ImageRecord): boolean {
  const extra = image.layers.length - other.layers.length;
  if (extra < 0 || extra > 1) return false;
  if (!other.layers.every((layer, index) => layer === image.layers[index])) return false;
  const ours = historyOf(image);
  const theirs = historyOf(other);
  if (theirs.length === 0 || theirs.length >= ours.length) return false;
  return theirs.every((entry, index) => JSON.stringify(entry) === JSON.stringify(ours[index]));
}

function historyOf(image: ImageRecord): NonNullable<ImageRecord["config"]["history"]> {
  return image.config.history ?? [];
}
