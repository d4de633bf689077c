/** A new volume is filled with what the image has at its mount point. */
import type { ContainerMount } from "../../ports/container-record.ts";
import type { VolumeRecord } from "../../ports/volume-record.ts";

/** Only the first container that mounts a volume fills it. */
export function needsCopyUp(mount: ContainerMount, volume: VolumeRecord): boolean {
  return mount.kind === "volume" && volume.needsCopyUp && !mount.options.includes("nocopy");
}
