/** Volumes at a start: found by name, and a new one filled from the image and given to the container's user. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { lchownSync, readdirSync } from "node:fs";
import type { ContainerConfig, ContainerMount } from "../ports/container-record.ts";
import type { VolumeRecord } from "../ports/volume-record.ts";
import { copyUp, needsCopyUp } from "./rootfs/volume-content.ts";
import type { ResolvedUser } from "./rootfs/user.ts";
import type { SpecContext } from "./spec-context.ts";

interface Root {
  readonly rootfs: string;
  readonly user: ResolvedUser;
}

/** Host directory by volume name. @throws VOLUME_NOT_FOUND */
export async function fillVolumes(
  ctx: SpecContext,
  config: ContainerConfig,
  root: Root,
): Promise<Record<string, string>> {
  const directories: Record<string, string> = {};
  for (const mount of config.mounts) {
    if (mount.kind !== "volume") continue;
    const volume = volumeOf(ctx, mount.source);
    directories[mount.source] = ctx.volumeDirectory(volume);
    if (volume.needsCopyUp || volume.needsChown) await firstUse(ctx, mount, root);
  }
  return directories;
}

function volumeOf(ctx: SpecContext, name: string): VolumeRecord {
  const volume = ctx.store.volumes.get(name);
  if (volume !== undefined) return volume;
  throw new EngineError("VOLUME_NOT_FOUND", `no volume with name "${name}" found: no such volume`);
}

/** Once per volume; members of a pod that start side by side take turns. */
async function firstUse(ctx: SpecContext, mount: ContainerMount, { rootfs, user }: Root): Promise<void> {
  using _lock = await ctx.locks.acquire(`volume-${mount.source}`);
  const volume = volumeOf(ctx, mount.source);
  const directory = ctx.volumeDirectory(volume);
  const empty = readdirSync(directory).length === 0;
  const copied =
    needsCopyUp(mount, volume) && empty && (await copyUp(ctx.files, rootfs, { mount, directory }));
  // What came from the image has the image's owner; a bare directory belongs to who uses it first.
  if (volume.needsChown && !copied && empty) lchownSync(directory, user.uid, user.gid);
  if (!volume.needsChown && copied) lchownSync(directory, volume.uid, volume.gid);
  ctx.store.volumes.update(mount.source, (record) => ({
    ...record,
    needsChown: false,
    needsCopyUp: record.needsCopyUp && mount.options.includes("nocopy") && empty,
  }));
}
