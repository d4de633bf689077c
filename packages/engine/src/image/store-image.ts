/** Puts an image that was made here, not fetched, into the store. */
import { MEDIA } from "@podwright/spec/distribution/media-types";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import type { Descriptor, ImageConfig } from "@podwright/spec/oci-image/types";
import type { ImageRecord } from "../ports/image-record.ts";
import type { StagedLayer } from "../ports/layer-sink.ts";
import { type ImageContext, imageLock, layerLock } from "./context.ts";
import { putIfWhole } from "./copy-image.ts";
import { digestOf } from "./digests.ts";
import { stands } from "./fetch-layers.ts";
import { withLock } from "./locked.ts";

export interface NewLayer {
  readonly chainId: string;
  /** chainID, "" for the lowest. */
  readonly parent: string;
  /** Of the stream that it was unpacked from, where that is worth remembering. */
  readonly blobDigest?: string;
}

/** The same layer may be there already. */
export async function storeLayer(ctx: ImageContext, staged: StagedLayer, layer: NewLayer): Promise<void> {
  const { chainId, parent, blobDigest } = layer;
  await withLock(ctx.locks, layerLock(chainId), async () => {
    if (await stands(ctx, chainId)) return;
    await staged.commit(chainId, parent);
    ctx.store.images.putLayer({
      chainId,
      diffId: staged.diffId,
      parent,
      blobDigests: blobDigest === undefined ? [] : [blobDigest],
      size: staged.size,
      sink: staged.sink,
    });
  });
}

export interface NewImage {
  readonly names: readonly string[];
  readonly config: ImageConfig;
  /** chainIDs, the lowest first. */
  readonly layers: readonly string[];
  readonly descriptors: readonly Descriptor[];
  readonly format: "oci" | "docker";
  readonly progress: (event: PullProgress) => void;
}

export async function storeImage(ctx: ImageContext, image: NewImage): Promise<ImageRecord> {
  const { names, config, layers, descriptors, format, progress } = image;
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDigest = digestOf(configBytes);
  const mediaType = format === "docker" ? MEDIA.dockerManifest : MEDIA.ociManifest;
  const configType = format === "docker" ? MEDIA.dockerConfig : MEDIA.ociConfig;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { mediaType: configType, digest: configDigest, size: configBytes.length },
      layers: descriptors,
    }),
  );
  const id = configDigest.slice("sha256:".length);
  const size = configBytes.length;
  progress({ kind: "blob", digest: configDigest, what: "config", done: size, total: size, state: "done" });
  progress({ kind: "source", text: "Writing manifest to image destination" });
  return await withLock(ctx.locks, imageLock(id), async () => {
    await ctx.blobs.put(configDigest, configBytes);
    await ctx.blobs.put(digestOf(manifest), manifest);
    const record = ctx.store.transaction(() =>
      putIfWhole(ctx, {
        id,
        digest: digestOf(manifest),
        manifestType: mediaType,
        config,
        layers,
        names,
        namesHistory: names,
        repoDigests: [],
        stored: ctx.clock.now(),
        annotations: {},
      }),
    );
    if (record === undefined) throw new Error(`a layer of image ${id} vanished while it was made`);
    return record;
  });
}
