/** A container's root file system on the host, whether or not it runs. */
import type { IdMappings } from "@podwright/spec/values/id-map";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import type { ContainerConfig, ContainerRecord } from "../ports/container-record.ts";
import type { OverlayRequest } from "../ports/mounts.ts";
import type { ContainerContext } from "./context.ts";
import { placesOf } from "./places.ts";
import { idsOnDisk } from "./userns/ids-on-disk.ts";

export interface MountedRoot extends AsyncDisposable {
  readonly path: string;
  /** It is mounted for a user namespace: we see its owners as they are outside. */
  readonly ids?: IdMappings;
}

type Mounting = Pick<ContainerContext, "mounts" | "settings" | "images">;

/**
 * Call with the container's lock held. Where a running container, or `mount`, has it; else it is mounted where a
 * start would, so that every teardown knows of it, until disposed of.
 */
export async function mountedRoot(ctx: Mounting, record: ContainerRecord): Promise<MountedRoot> {
  const { id, image, idMappings } = record.config;
  const { bundle, rootfs, held } = placesOf(ctx.settings, record.config);
  const path = [rootfs, held].find((place) => ctx.mounts.isMounted(place));
  const ids = idMappings === undefined ? {} : { ids: idMappings };
  if (path !== undefined) return { path, ...ids, [Symbol.asyncDispose]: async () => {} };
  const made = existsSync(bundle) ? [rootfs] : [rootfs, bundle];
  mkdirSync(rootfs, { recursive: true, mode: 0o700 });
  // With the owners that are on disk.
  const request = await overlayOf(ctx, record, { target: rootfs, user: id });
  const disk = idsOnDisk(ctx.settings, record.config);
  if (disk.ids === undefined) await ctx.mounts.overlay(request);
  else await ctx.mounts.mappedOverlay(request, disk.ids);
  return {
    path: rootfs,
    ...disk,
    [Symbol.asyncDispose]: async () => {
      ctx.mounts.unmount(rootfs);
      await ctx.images.release(image.id, id);
      for (const directory of made) rmdirSync(directory);
    },
  };
}

/** Call with the container's lock held. It stays until `dropHeldMount`, through starts and stops. Gives where. */
export async function holdMount(ctx: Mounting, record: ContainerRecord): Promise<string> {
  const { rootfs, held } = placesOf(ctx.settings, record.config);
  if (ctx.mounts.isMounted(held)) return held;
  mkdirSync(held, { recursive: true, mode: 0o700 });
  // One upper directory in two overlays is undefined: it is the same one that shows in both places.
  if (ctx.mounts.isMounted(rootfs)) ctx.mounts.bind(rootfs, held);
  else {
    const { idMappings } = record.config;
    const request = await overlayOf(ctx, record, { target: held, user: heldUser(record.config) });
    // The container is shown the same mount when it starts.
    if (idMappings === undefined) await ctx.mounts.overlay(request);
    else await ctx.mounts.mappedOverlay(request, idMappings);
  }
  return held;
}

/** Nothing mounted is no error: then gives false. */
export async function dropHeldMount(ctx: Mounting, { config }: ContainerRecord): Promise<boolean> {
  const { held } = placesOf(ctx.settings, config);
  if (!existsSync(held)) return false;
  const mounted = ctx.mounts.isMounted(held);
  ctx.mounts.unmount(held);
  await ctx.images.release(config.image.id, heldUser(config));
  // Last: while it is there, so may be the rest.
  rmdirSync(held);
  return mounted;
}

/** Its layers' user that outlives runs. */
function heldUser({ id }: ContainerConfig): string {
  return `${id}.mounted`;
}

async function overlayOf(
  ctx: Mounting,
  { config }: ContainerRecord,
  { target, user }: { readonly target: string; readonly user: string },
): Promise<OverlayRequest> {
  const { upper, work } = placesOf(ctx.settings, config);
  const lower = await ctx.images.acquire(config.image.id, user);
  return { target, lower, upper, work, volatile: config.autoRemove };
}
