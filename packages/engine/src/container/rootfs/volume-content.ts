/** A new volume is filled with what the image has at its mount point. */
import type { ContainerMount } from "../../ports/container-record.ts";
import type { RootFiles } from "../../ports/root-files.ts";
import type { VolumeRecord } from "../../ports/volume-record.ts";

/** True when the image's content was copied; false when there is none or the mount forbids it (`nocopy`). */
export async function copyUp(
  files: RootFiles,
  root: string,
  { mount, directory }: { readonly mount: ContainerMount; readonly directory: string },
): Promise<boolean> {
  if (mount.options.includes("nocopy")) return false;
  return files.copyUp(root, mount.destination, directory);
}

/** Only the first container that mounts a volume fills it. */
export function needsCopyUp(mount: ContainerMount, volume: VolumeRecord): boolean {
  return mount.kind === "volume" && volume.needsCopyUp && !mount.options.includes("nocopy");
}
