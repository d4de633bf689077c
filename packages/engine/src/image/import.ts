/** `import`: an image of one layer from a tar of a file system. */
import { MEDIA } from "@podwright/spec/distribution/media-types";
import { formatReference } from "@podwright/spec/distribution/reference";
import type { ImportRequest, PullProgress } from "@podwright/spec/engine-api/images";
import { normalizePlatform } from "@podwright/spec/oci-image/platform";
import type { ImageConfig } from "@podwright/spec/oci-image/types";
import { createHash } from "node:crypto";
import type { ImageRecord } from "../ports/image-record.ts";
import { configFromChanges } from "./change-instructions.ts";
import { type ImageContext, imageLock, layerLock } from "./context.ts";
import { putIfWhole } from "./copy-image.ts";
import { chainIds, digestOf } from "./digests.ts";
import { stands } from "./fetch-layers.ts";
import { localName } from "./local-name.ts";
import { withLock } from "./locked.ts";
import { platformOf } from "./read-manifest.ts";
import { beginAdding } from "./sweep.ts";

export interface ImportOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

interface ImportedLayer {
  readonly chainId: string;
  readonly diffId: string;
  /** Of the stream as it came. */
  readonly digest: string;
  readonly size: number;
}

export async function importImage(
  ctx: ImageContext,
  request: ImportRequest,
  options: ImportOptions,
): Promise<ImageRecord> {
  // What is wrong with the request shows before anything is unpacked.
  const names = request.reference === undefined ? [] : [formatReference(localName(request.reference))];
  const run = configFromChanges(request.changes);
  using _adding = await beginAdding(ctx);
  options.progress({ kind: "source", text: "Getting image source signatures" });
  const layer = await importLayer(ctx, request.source, options);
  const config = imageConfig(ctx, request, layer);
  return await addImage(ctx, {
    names,
    config: { ...config, config: run },
    layer,
    progress: options.progress,
  });
}

async function importLayer(
  ctx: ImageContext,
  source: string,
  options: ImportOptions,
): Promise<ImportedLayer> {
  const hash = createHash("sha256");
  let size = 0;
  async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const chunks = counted(await ctx.transports.stream(source, options.signal));
  await using staged = await ctx.layers.stage({ name: source, chunks, ...signal });
  const [chainId = ""] = chainIds([staged.diffId]);
  const digest = `sha256:${hash.digest("hex")}`;
  await withLock(ctx.locks, layerLock(chainId), async () => {
    if (await stands(ctx, chainId)) return;
    await staged.commit(chainId, "");
    ctx.store.images.putLayer({
      chainId,
      diffId: staged.diffId,
      parent: "",
      blobDigests: [digest],
      size: staged.size,
      sink: ctx.layers.kind,
    });
  });
  options.progress({ kind: "blob", digest, what: "layer", done: size, total: size, state: "done" });
  return { chainId, diffId: staged.diffId, digest, size };
}

function imageConfig(ctx: ImageContext, request: ImportRequest, layer: ImportedLayer): ImageConfig {
  const created = new Date(ctx.clock.now()).toISOString();
  const platform = normalizePlatform(platformOf(request.platform, ctx.architecture));
  return {
    created,
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
    history: [
      {
        created,
        created_by: `/bin/sh -c #(nop) ADD file:${layer.diffId.slice("sha256:".length)} in /`,
        ...(request.message === undefined ? {} : { comment: request.message }),
      },
    ],
  };
}

interface NewImage {
  readonly names: readonly string[];
  readonly config: ImageConfig;
  readonly layer: ImportedLayer;
  readonly progress: ImportOptions["progress"];
}

async function addImage(
  ctx: ImageContext,
  { names, config, layer, progress }: NewImage,
): Promise<ImageRecord> {
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDigest = digestOf(configBytes);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: { mediaType: MEDIA.ociConfig, digest: configDigest, size: configBytes.length },
      layers: [{ mediaType: MEDIA.ociLayer, digest: layer.digest, size: layer.size }],
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
        manifestType: MEDIA.ociManifest,
        config,
        layers: [layer.chainId],
        names,
        namesHistory: names,
        repoDigests: [],
        stored: ctx.clock.now(),
        annotations: {},
      }),
    );
    if (record === undefined) throw new Error(`layer ${layer.chainId} vanished while it was imported`);
    return record;
  });
}
