/** A new volume is filled with what the image has at its mount point. */
import type { ContainerMount } from "../../ports/container-record.ts";
import type { VolumeRecord } from "../../ports/volume-record.ts";

/** Only the first container that mounts a volume fills it; one that mounts a part of it does not. */
export function needsCopyUp(mount: ContainerMount, volume: VolumeRecord): boolean {
  const whole = mount.kind === "volume" && mount.subPath === "";
  return whole && volume.needsCopyUp && !mount.options.includes("nocopy");
}
