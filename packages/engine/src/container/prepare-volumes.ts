/** Volumes of a container about to start: their directories, filled and owned by the first that mounts them. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { lchownSync, readdirSync } from "node:fs";
import type { ContainerConfig, ContainerMount } from "../ports/container-record.ts";
import type { VolumeRecord } from "../ports/volume-record.ts";
import type { PrepareContext } from "./prepare-context.ts";
import type { ResolvedUser } from "./rootfs/user.ts";
import { needsCopyUp } from "./rootfs/volume-content.ts";

interface Occupant {
  readonly rootfs: string;
  /** With the ids that it has on the host. */
  readonly user: ResolvedUser;
  /** What a group inside is on the host. */
  readonly groupOutside?: (gid: number) => number;
}

/** Host directory of each volume by its name. @throws VOLUME_NOT_FOUND */
export async function prepareVolumes(
  ctx: PrepareContext,
  config: ContainerConfig,
  occupant: Occupant,
): Promise<Record<string, string>> {
  const directories: Record<string, string> = {};
  for (const mount of config.mounts) {
    if (mount.kind !== "volume") continue;
    const directory = await prepareVolume(ctx, mount, occupant);
    if (mount.fsGroup !== undefined) {
      const gid = occupant.groupOutside?.(mount.fsGroup) ?? mount.fsGroup;
      await giveGroup(ctx, mount, { directory, gid });
    }
    directories[mount.source] = directory;
  }
  return directories;
}

/** Its directory, filled and owned as by a start. */
export async function prepareVolume(
  ctx: PrepareContext,
  mount: ContainerMount,
  occupant: Occupant,
): Promise<string> {
  const before = requireVolume(ctx, mount.source);
  if (!before.needsCopyUp && !before.needsChown) return ctx.volumeDirectory(before);
  // Two first users side by side: the second finds it filled.
  using _lock = await ctx.locks.acquire(`volume-${mount.source}`);
  const volume = requireVolume(ctx, mount.source);
  const directory = ctx.volumeDirectory(volume);
  // What somebody has put there meanwhile is neither mixed with the image's content nor given away.
  const empty = readdirSync(directory).length === 0;
  const copied =
    empty && needsCopyUp(mount, volume)
      ? await ctx.files.copyUp(occupant.rootfs, mount.destination, directory)
      : undefined;
  // A directory of the image lends its owner, unless one was asked for; a mount point that it does not have
  // belongs to the user.
  if (volume.needsChown && copied === undefined && empty) {
    lchownSync(directory, occupant.user.uid, occupant.user.gid);
  }
  if (!volume.needsChown && copied !== undefined) lchownSync(directory, volume.uid, volume.gid);
  // As long as it is empty, the next container may still fill it.
  if (!empty || copied === "content") {
    ctx.store.volumes.update(mount.source, (record) => ({
      ...record,
      needsCopyUp: false,
      needsChown: false,
    }));
  }
  return directory;
}

async function giveGroup(
  ctx: PrepareContext,
  { source }: ContainerMount,
  { directory, gid }: { readonly directory: string; readonly gid: number },
): Promise<void> {
  using _lock = await ctx.locks.acquire(`volume-${source}`);
  await ctx.files.giveGroup(directory, gid);
}

function requireVolume(ctx: PrepareContext, name: string): VolumeRecord {
  const volume = ctx.store.volumes.get(name);
  if (volume !== undefined) return volume;
  throw new EngineError("VOLUME_NOT_FOUND", `no volume with name "${name}" found: no such volume`);
}
