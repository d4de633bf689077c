/** The images that are here already: the start path asks for nothing else, and loads nothing else. */
import type { PullRequest } from "@podwright/spec/engine-api/images";
import type { EnsuredImage, RootOwner } from "../container/create-context.ts";
import { KernelLayerMounts } from "../host/layers/mounts/kernel-layer-mounts.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageLayers, LayerStack } from "../ports/layer-mounts.ts";
import type { Core } from "./core.ts";

/**
 * An image that is named in full and needs no look at a registry. Anything else (short names, aliases, ids,
 * platforms, policies) is for `ensureImage`, which reads registries.conf.
 */
export function presentImage({ store }: Core, request: PullRequest): EnsuredImage | undefined {
  const { reference, policy, platform } = request;
  if (policy === "always" || policy === "newer" || platform !== undefined) return undefined;
  const record = store.images.byName(reference);
  return record === undefined ? undefined : { record, name: reference };
}

/** The layers of the store's images, mounted for who uses them. */
export function imageLayers(core: Core): ImageLayers {
  const mounts = new KernelLayerMounts(core.settings);
  // One that is not here has no layers.
  const stack = (id: string): LayerStack => core.store.images.get(id) ?? { id, layers: [] };
  return {
    acquire: (imageId, user) => mounts.acquire(stack(imageId), user),
    release: (imageId, user) => mounts.release(imageId, user),
    open: (imageId) => mounts.open(stack(imageId)),
  };
}

/** undefined for an image without layers. @throws IMAGE_LAYER_INVALID */
export function imageRoot({ settings }: Core, image: ImageRecord): RootOwner | undefined {
  return new KernelLayerMounts(settings).rootOf(image);
}
