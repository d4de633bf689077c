/** Where an unpacked layer is: the one place that knows. */

export function layersDirectory(root: string): string {
  return `${root}/layers`;
}

/** `chainId` is 64 hex digits; it is part of a path, so its giver has checked it. */
export function layerDirectory(root: string, chainId: string): string {
  return `${layersDirectory(root)}/${chainId}/diff`;
}
