/** A part of a volume (`subPath`), held fast: members that write to the volume cannot lead the mount elsewhere. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { mkdirSync, statSync } from "node:fs";
import type { ContainerConfig, ContainerMount } from "../ports/container-record.ts";
import { placesOf } from "./places.ts";
import type { PrepareContext } from "./prepare-context.ts";

export interface PartOfVolume {
  readonly mount: ContainerMount;
  /** Host directory of the volume. */
  readonly whole: string;
  /** Of the mount point within the bundle. */
  readonly name: string;
}

/** Gives the host path to mount. @throws CONTAINER_INVALID when there is no such part and none is made */
export async function pinSubPath(
  ctx: PrepareContext,
  config: ContainerConfig,
  { mount, whole, name }: PartOfVolume,
): Promise<string> {
  const { mounted } = placesOf(ctx.settings, config);
  mkdirSync(mounted, { recursive: true });
  const target = `${mounted}/${name}`;
  if (await ctx.files.pin(whole, mount.subPath, target)) return target;
  if (isMade(ctx, config, mount)) {
    // Whoever may write to the volume may write to the part.
    const { uid, gid, mode } = statSync(whole);
    try {
      ctx.files.makeDirectory(whole, mount.subPath, { uid, gid, mode: mode & 0o7777 });
    } catch (error) {
      // A link that leads nowhere, or a file where a directory should be.
      if (!isEngineError(error, "CONTAINER_ROOTFS_INVALID")) throw error;
      throw new EngineError(
        "CONTAINER_INVALID",
        `subpath ${mount.subPath} of ${mount.source}: not a directory, or a link that leads nowhere within the volume`,
      );
    }
    if (await ctx.files.pin(whole, mount.subPath, target)) return target;
  }
  throw new EngineError(
    "CONTAINER_INVALID",
    `subpath ${mount.subPath} of ${mount.source}: no such file or directory`,
  );
}

/** Kubernetes makes a directory that is missing; on the command line it must be there. */
function isMade(
  { store }: PrepareContext,
  config: ContainerConfig,
  { kind, source }: ContainerMount,
): boolean {
  if (kind !== "pod-volume") return config.podId !== "";
  const volume = store.pods.get(config.podId)?.config.volumes?.find(({ name }) => name === source);
  return volume !== undefined && volume.content.kind !== "files";
}
