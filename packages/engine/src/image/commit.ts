/** An image of a container's changes: the container's image, one layer more, and a configuration of its own. */
import { isLayerType, MEDIA } from "@podwright/spec/distribution/media-types";
import { formatReference } from "@podwright/spec/distribution/reference";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type {
  Descriptor,
  HistoryEntry,
  ImageConfig,
  ImageManifest,
  ImageRunConfig,
} from "@podwright/spec/oci-image/types";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import { chainIds } from "./digests.ts";
import { blobOf } from "./fetch-layers.ts";
import { localName } from "./local-name.ts";
import { layerType } from "./send-layers.ts";
import { storeImage, storeLayer } from "./store-image.ts";
import { beginAdding } from "./sweep.ts";

export interface CommitImageRequest {
  /** The container's image. */
  readonly imageId: string;
  /** Takes the place of all layers of the image, or comes on top of them. */
  readonly layer: "whole" | "changes";
  /** Its tar. */
  readonly chunks: () => AsyncIterable<Uint8Array>;
  readonly run: ImageRunConfig;
  readonly name?: string;
  readonly author?: string;
  readonly message?: string;
  readonly format: "oci" | "docker";
}

export interface CommitImageOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Gives the new image's id. @throws IMAGE_NOT_KNOWN, IMAGE_REFERENCE_INVALID */
export async function commitImage(
  ctx: ImageContext,
  request: CommitImageRequest,
  options: CommitImageOptions,
): Promise<string> {
  const names = request.name === undefined ? [] : [nameOf(request.name)];
  const base = ctx.store.images.get(request.imageId);
  if (base === undefined) throw new EngineError("IMAGE_NOT_KNOWN", `${request.imageId}: image not known`);
  using _adding = await beginAdding(ctx);
  options.progress({ kind: "source", text: "Getting image source signatures" });
  const below = request.layer === "whole" ? EMPTY : await layersOf(ctx, base, request.format);
  for (const digest of below.diffIds) {
    options.progress({ kind: "blob", digest, what: "layer", done: 0, total: 0, state: "present" });
  }
  const top = await makeLayer(ctx, request, below.diffIds, options);
  const image = await storeImage(ctx, {
    names,
    config: configOf(ctx, base, request, [...below.diffIds, top.diffId]),
    layers: [...below.chainIds, top.chainId],
    descriptors: [...below.descriptors, top.descriptor],
    format: request.format,
    progress: options.progress,
  });
  return image.id;
}

function nameOf(text: string): string {
  const reference = localName(text);
  if (reference.digest === undefined) return formatReference(reference);
  throw new EngineError("IMAGE_REFERENCE_INVALID", `${text}: an image cannot be named by its digest`);
}

interface Stack {
  readonly diffIds: readonly string[];
  readonly chainIds: readonly string[];
  readonly descriptors: readonly Descriptor[];
}

const EMPTY: Stack = { diffIds: [], chainIds: [], descriptors: [] };

/** As the image's own manifest describes them: a push can then refer to what a registry has. */
async function layersOf(ctx: ImageContext, base: ImageRecord, format: "oci" | "docker"): Promise<Stack> {
  const bytes = await ctx.blobs.get(base.digest);
  const manifest =
    bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString("utf8")) as ImageManifest);
  const diffIds = base.config.rootfs.diff_ids;
  const descriptors = diffIds.map((diffId, index): Descriptor => {
    const own = manifest?.layers[index];
    const size = ctx.store.images.layer(base.layers[index] ?? "")?.size ?? 0;
    const usable = own !== undefined && isLayerType(own.mediaType) ? own : undefined;
    const blob = usable === undefined ? undefined : blobOf(usable);
    // Docker's form cannot name zstd.
    if (blob === undefined || (blob.compression === "zstd" && format === "docker")) {
      return { mediaType: layerType(format, "none"), digest: diffId, size };
    }
    return { mediaType: layerType(format, blob.compression), digest: blob.digest, size: blob.size };
  });
  return { diffIds, chainIds: base.layers, descriptors };
}

interface MadeLayer {
  readonly diffId: string;
  readonly chainId: string;
  readonly descriptor: Descriptor;
}

async function makeLayer(
  ctx: ImageContext,
  request: CommitImageRequest,
  below: readonly string[],
  { progress, signal }: CommitImageOptions,
): Promise<MadeLayer> {
  let size = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of request.chunks()) {
      size += chunk.length;
      yield chunk;
    }
  }
  const stage = { name: "of the container's changes", chunks: counted() };
  await using staged = await ctx.layers.stage(signal === undefined ? stage : { ...stage, signal });
  const { diffId } = staged;
  const chain = chainIds([...below, diffId]);
  const chainId = chain.at(-1) ?? "";
  await storeLayer(ctx, staged, { chainId, parent: chain.at(-2) ?? "" });
  progress({ kind: "blob", digest: diffId, what: "layer", done: size, total: size, state: "done" });
  const mediaType = request.format === "docker" ? MEDIA.dockerLayer : MEDIA.ociLayer;
  return { diffId, chainId, descriptor: { mediaType, digest: diffId, size } };
}

/** What Docker notes of how an image was made, and is not true of the new one. */
const NOT_INHERITED = new Set(["id", "parent", "container", "container_config", "docker_version", "comment"]);

function configOf(
  ctx: ImageContext,
  base: ImageRecord,
  request: CommitImageRequest,
  diffIds: readonly string[],
): ImageConfig {
  const created = new Date(ctx.clock.now()).toISOString();
  const { author, message, layer } = request;
  const inherited = Object.entries(base.config).filter(([key]) => !NOT_INHERITED.has(key));
  const before = base.config.history ?? [];
  const history: HistoryEntry[] = [
    // Squashed, the steps are still those that were taken, but all is in one layer.
    ...(layer === "whole" ? before.map((entry) => ({ ...entry, empty_layer: true })) : before),
    {
      created,
      created_by: "/bin/sh",
      ...(author === undefined ? {} : { author }),
      ...(message === undefined ? {} : { comment: message }),
    },
  ];
  return {
    ...(Object.fromEntries(inherited) as unknown as ImageConfig),
    created,
    ...(author === undefined ? {} : { author }),
    config: request.run,
    rootfs: { type: "layers", diff_ids: [...diffIds] },
    history,
  };
}
