/** What a mounted layer is made of: the files in <root>/layers/<chainID>. */
import { layersDirectory } from "../layer-paths.ts";

export const IMAGE_NAME = "layer.erofs";
/** The exact archive, decompressed: the image's first extra device, and what an export sends. */
export const TAR_NAME = "layer.tar";
/** Content of files with holes, only where there are some: the image's second extra device. */
export const SPARSE_NAME = "layer.sparse";

export function imageFile(root: string, chainId: string): string {
  return `${layersDirectory(root)}/${chainId}/${IMAGE_NAME}`;
}
