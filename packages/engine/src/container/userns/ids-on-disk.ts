/** Whose ids the files of a container have in its own directory on the disk. */
import { type IdMappings, outsideId } from "@podwright/spec/values/id-map";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { Settings } from "../../ports/settings.ts";
import type { RootOwner } from "../create-context.ts";

/**
 * What the owners in a container's own directory are of, where they are not those seen inside. Root's mounts map
 * owners; an ordinary user may not mount so, and has on the disk what the container's ids are outside.
 */
export function idsOnDisk(
  { uid }: Pick<Settings, "uid">,
  { idMappings }: Pick<ContainerConfig, "idMappings">,
): { readonly ids?: IdMappings } {
  return uid === 0 || idMappings === undefined ? {} : { ids: idMappings };
}

/** Of the directory for what it changes, whose owner the merged root shows. */
export function rootOnDisk(
  settings: Pick<Settings, "uid">,
  config: Pick<ContainerConfig, "idMappings">,
  root: RootOwner,
): RootOwner {
  const { ids } = idsOnDisk(settings, config);
  if (ids === undefined) return root;
  return { ...root, uid: outsideId(ids.uid, root.uid) ?? 0, gid: outsideId(ids.gid, root.gid) ?? 0 };
}
