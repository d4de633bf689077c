/** The images that are here already: the start path asks for nothing else, and loads nothing else. */
import type { PullRequest } from "@podwright/spec/engine-api/images";
import { existsSync } from "node:fs";
import type { EnsuredImage } from "../container/create-context.ts";
import { layerDirectory } from "../host/layers/layer-paths.ts";
import { layerDirs } from "../image/layer-dirs.ts";
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

/** Directories of an image's layers for the overlay mount, the lowest first. @throws IMAGE_LAYER_INVALID */
export async function imageLayerDirs({ store, settings }: Core, imageId: string): Promise<readonly string[]> {
  const record = store.images.get(imageId);
  if (record === undefined) return [];
  const directory = (chainId: string): string => layerDirectory(settings.root, chainId);
  return layerDirs({ layers: { directory, has: async (chainId) => existsSync(directory(chainId)) } }, record);
}
