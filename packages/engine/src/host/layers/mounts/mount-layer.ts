/** A layer's EROFS image mounted, with what is wrong with a store that has lost or damaged it. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync } from "node:fs";
import { attachMount } from "../../sys/file-system.ts";
import { isErrno } from "../../sys/libc.ts";
import { mountImage } from "../erofs/mount-image.ts";
import { layersDirectory } from "../layer-paths.ts";

/** @throws IMAGE_LAYER_INVALID */
export function mountLayer(root: string, chainId: string, target: string): void {
  const mount = openMountedLayer(root, chainId);
  try {
    attachMount(mount, target);
  } finally {
    closeSync(mount);
  }
}

/** A descriptor of the layer's root directory, of a mount that nobody else sees. @throws IMAGE_LAYER_INVALID */
export function openMountedLayer(root: string, chainId: string): number {
  try {
    return mountImage(`${layersDirectory(root)}/${chainId}`);
  } catch (error) {
    if (!(error instanceof Error) || !isErrno(error, "ENOENT", "EINVAL", "EUCLEAN", "EIO")) throw error;
    throw new EngineError("IMAGE_LAYER_INVALID", `layer ${chainId} cannot be mounted: ${error.message}`, {
      cause: error,
      hint: "pull the image again",
    });
  }
}
