/** `import`: an image of one layer from a tar of a file system. */
import { MEDIA } from "@podwright/spec/distribution/media-types";
import { formatReference } from "@podwright/spec/distribution/reference";
import type { ImportRequest, PullProgress } from "@podwright/spec/engine-api/images";
import { normalizePlatform } from "@podwright/spec/oci-image/platform";
import type { ImageConfig } from "@podwright/spec/oci-image/types";
import { createHash } from "node:crypto";
import type { ImageRecord } from "../ports/image-record.ts";
import { configFromChanges } from "./change-instructions.ts";
import type { ImageContext } from "./context.ts";
import { chainIds } from "./digests.ts";
import { imageEvent } from "./image-event.ts";
import { localName } from "./local-name.ts";
import { platformOf } from "./read-manifest.ts";
import { storeImage, storeLayer } from "./store-image.ts";
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
  const image = await storeImage(ctx, {
    names,
    config: { ...config, config: run },
    layers: [layer.chainId],
    descriptors: [{ mediaType: MEDIA.ociLayer, digest: layer.digest, size: layer.size }],
    format: "oci",
    progress: options.progress,
  });
  ctx.events.write(imageEvent("import", image.id, request.source));
  return image;
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
  await storeLayer(ctx, staged, { chainId, parent: "", blobDigest: digest });
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
