/** A member's mounts of its pod's own volumes are shown as what they come to on the host: binds. */
import type { ContainerConfig, ContainerMount } from "../../ports/container-record.ts";
import type { PodRecord } from "../../ports/pod-record.ts";
import type { Settings } from "../../ports/settings.ts";
import { podVolumeDirectory } from "../places.ts";

export function shownMounts(
  { settings }: { readonly settings: Settings },
  { mounts }: ContainerConfig,
  pod: PodRecord | undefined,
): readonly ContainerMount[] {
  return mounts.map((mount) => {
    if (mount.kind !== "pod-volume") return mount;
    const volume = pod?.config.volumes?.find(({ name }) => name === mount.source);
    if (pod === undefined || volume === undefined) return mount;
    return { ...mount, kind: "bind", source: podVolumeDirectory(settings, pod.config.id, volume) };
  });
}
