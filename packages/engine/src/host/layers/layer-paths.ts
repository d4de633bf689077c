/** Where layers are: the one place that knows. */
import { existsSync } from "node:fs";

export function layersDirectory(root: string): string {
  return `${root}/layers`;
}

/** `chainId` is 64 hex digits; it is part of a path, so its giver has checked it. */
export function layerDirectory(root: string, chainId: string): string {
  return `${layersDirectory(root)}/${chainId}/diff`;
}

/** Where a layer that is a file system of its own is mounted while somebody uses it. */
export function layerMountPoint(runRoot: string, chainId: string): string {
  return `${runRoot}/layers/${chainId}`;
}

/** Where a layer's files are seen, of either kind; of one that nobody uses: where they would be. */
export function shownLayer(
  { root, runRoot }: { readonly root: string; readonly runRoot: string },
  chainId: string,
): string {
  const unpacked = layerDirectory(root, chainId);
  return existsSync(unpacked) ? unpacked : layerMountPoint(runRoot, chainId);
}

/** Copies of stacks with other owners, by the chainID of the highest layer: it stands for all below, too. */
export function mappedDirectory(root: string): string {
  return `${root}/mapped`;
}
