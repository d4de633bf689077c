/** `system df`: what images, containers and volumes take on disk, and how much of it nobody uses. */
import type { DiskUsage, ImageUsage } from "@podwright/spec/engine-api/system";
import { containerDiskSize } from "../container/disk-size.ts";
import { statusNow } from "../container/status-now.ts";
import type { ContainerViewContext } from "../container/view-context.ts";
import { familyOf } from "../image/family.ts";
import type { ImageRecord } from "../ports/image-record.ts";

export function diskUsage(ctx: ContainerViewContext): DiskUsage {
  return {
    imagesSize: imagesSize(ctx),
    images: images(ctx),
    containers: containers(ctx),
    volumes: volumes(ctx),
  };
}

/** Each layer once, whichever images have it. */
function imagesSize({ store }: ContainerViewContext): number {
  const used = new Set(store.images.list().flatMap(({ layers }) => layers));
  return [...used].reduce((total, chainId) => total + (store.images.layer(chainId)?.size ?? 0), 0);
}

/** One row a name, as Podman has it. An image with children shares all of itself, another what its parent has. */
function images({ store }: ContainerViewContext): ImageUsage[] {
  const all = store.images.list();
  const family = familyOf(all);
  return all.flatMap((image) => {
    const shared = family.hasChildren(image) ? image.size : (family.parent(image)?.size ?? 0);
    const usage = {
      id: image.id,
      created: createdOf(image),
      size: image.size,
      sharedSize: shared,
      uniqueSize: image.size - shared,
      containers: store.containers.usingImage(image.id).length,
    };
    const names = image.names.length === 0 ? ["<none>:<none>"] : image.names;
    return names.map((name) => {
      const colon = name.lastIndexOf(":");
      return { ...usage, repository: name.slice(0, colon), tag: name.slice(colon + 1) };
    });
  });
}

function createdOf({ config, stored }: ImageRecord): number {
  const created = Date.parse(config.created ?? "");
  return Number.isNaN(created) ? stored : created;
}

function containers(ctx: ContainerViewContext): DiskUsage["containers"] {
  const pods = new Map(ctx.store.pods.list().map((pod) => [pod.config.id, pod]));
  return ctx.store.containers.list().map((record) => {
    const { config } = record;
    const size = containerDiskSize(ctx, config);
    return {
      id: config.id,
      imageId: config.image.id,
      command: config.process.command,
      localVolumes: config.mounts.filter(({ kind }) => kind === "volume").length,
      rwSize: size,
      size: size + (ctx.store.images.get(config.image.id)?.size ?? 0),
      created: config.created,
      status: statusNow(ctx, record, pods.get(config.podId)).status,
      name: config.name,
    };
  });
}

function volumes(ctx: ContainerViewContext): DiskUsage["volumes"] {
  return ctx.store.volumes.list().map(({ name }) => {
    const links = ctx.store.containers.usingVolume(name).length;
    const size = ctx.treeSize(ctx.volumeMountpoint(name));
    return { name, links, size, reclaimable: links === 0 ? size : 0 };
  });
}
