/** Sends an image's layers, side by side; what the destination has already is only referred to. */
import { MEDIA } from "@podwright/spec/distribution/media-types";
import { parseReference, repositoryOf } from "@podwright/spec/distribution/reference";
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor, ImageManifest } from "@podwright/spec/oci-image/types";
import { Slots } from "../base/slots.ts";
import type { CompressionChoice, ImageDestination } from "../ports/image-destination.ts";
import type { ImageRecord, LayerBlob, LayerRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import { blobOf } from "./fetch-layers.ts";
import { openLayerTar } from "./layer-tar.ts";

/** Compression is what takes the time, and a connection what it waits for. */
const SIDE_BY_SIDE = 3;

export interface SendRequest {
  readonly image: ImageRecord;
  readonly destination: ImageDestination;
  /** The manifest's form; that of the image's own without. */
  readonly format?: ManifestFormat | undefined;
  readonly compression?: CompressionChoice | undefined;
  /** A layer that is there in another compression is sent all the same. */
  readonly forceCompression?: boolean;
  /** Full names that an archive is to carry. */
  readonly names: readonly string[];
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export type ManifestFormat = "oci" | "docker";

export interface OwnManifest {
  readonly manifest: ImageManifest;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** The manifest that the image came with, and the form of the one to be written. */
export interface Target {
  readonly own: OwnManifest;
  readonly format: ManifestFormat;
}

/** The first failure stops the others. */
export async function sendLayers(
  ctx: ImageContext,
  request: SendRequest,
  target: Target,
): Promise<Descriptor[]> {
  const stop = new AbortController();
  const giveUp = (): void => stop.abort();
  request.signal?.addEventListener("abort", giveUp, { once: true });
  if (request.signal?.aborted) giveUp();
  const slots = new Slots(SIDE_BY_SIDE);
  const sender = new LayerSender(ctx, request, target, stop.signal);
  const once = new Map<string, Promise<Descriptor>>();
  const failures: unknown[] = [];
  const tasks = request.image.layers.map((chainId, index) => {
    const layer = layerOf(ctx, request.image, chainId);
    // Layers that are equal (an empty one, say) are one blob.
    const known = once.get(layer.diffId);
    if (known !== undefined) return known;
    const task = (async () => {
      const release = await slots.take();
      try {
        return await sender.send(layer, target.own.manifest.layers[index]);
      } catch (error) {
        failures.push(error);
        giveUp();
        throw error;
      } finally {
        release();
      }
    })();
    once.set(layer.diffId, task);
    return task;
  });
  const settled = await Promise.allSettled(tasks);
  request.signal?.removeEventListener("abort", giveUp);
  if (failures.length > 0) throw failures[0];
  return settled.flatMap((task) => (task.status === "fulfilled" ? [task.value] : []));
}

class LayerSender {
  readonly #neighbours: readonly string[];

  constructor(
    private readonly ctx: ImageContext,
    private readonly request: SendRequest,
    private readonly target: Target,
    private readonly signal: AbortSignal,
  ) {
    this.#neighbours = neighboursOf(request.image);
  }

  async send(layer: LayerRecord, own: Descriptor | undefined): Promise<Descriptor> {
    this.#stopIfAborted();
    this.#report(layer, "waiting", 0, 0);
    for (const blob of this.#candidates(layer, own)) {
      const size = await this.#find(blob.digest);
      if (size === undefined) continue;
      this.#report(layer, "present", size, size);
      return this.#describe({ ...blob, size }, own);
    }
    return this.#describe(await this.#put(layer), own);
  }

  /** What may stand for the layer there without being sent, the image's own form first. */
  #candidates(layer: LayerRecord, own: Descriptor | undefined): LayerBlob[] {
    const { destination, compression, forceCompression } = this.request;
    const plain: LayerBlob = { digest: layer.diffId, size: 0, compression: "none" };
    const all = [...(own === undefined ? [] : [blobOf(own)]), ...(layer.blobs ?? [])];
    const usable = all.filter((blob, index) => {
      if (all.findIndex(({ digest }) => digest === blob.digest) !== index) return false;
      if (destination.layers === "plain") return blob.compression === "none";
      if (blob.compression === "none") return false;
      if (blob.compression === "zstd" && this.target.format === "docker") return false;
      return forceCompression !== true || blob.compression === (compression?.format ?? "gzip");
    });
    // Where nothing better is known, the tar itself may lie there; asking also shows early who may not push.
    return usable.length > 0 || forceCompression === true ? usable : [plain];
  }

  async #find(digest: string): Promise<number | undefined> {
    try {
      return await this.request.destination.find(digest, this.#neighbours);
    } catch (error) {
      throw prefixedReuse(error, digest);
    }
  }

  async #put(layer: LayerRecord): Promise<LayerBlob> {
    const { ctx, request } = this;
    const tar = await openLayerTar(ctx, layer);
    const plain = { digest: layer.diffId, size: tar.size };
    const compression = request.destination.layers === "plain" ? undefined : this.#compression();
    const id = await request.destination.put({
      kind: "layer",
      open: () => this.#watched(layer, tar.open(), tar.size),
      ...(compression === undefined ? { known: plain } : { compression }),
    });
    this.#report(layer, "done", tar.size, tar.size);
    const blob: LayerBlob = { ...id, compression: compression?.format ?? "none" };
    this.#remember(layer, blob);
    return blob;
  }

  #compression(): CompressionChoice {
    return this.request.compression ?? { format: "gzip" };
  }

  /** So that the next push can ask for it by name. The layer may have gone meanwhile: then it stays gone. */
  #remember(layer: LayerRecord, blob: LayerBlob): void {
    const { store } = this.ctx;
    store.transaction(() => {
      const present = store.images.layer(layer.chainId);
      if (present === undefined) return;
      store.images.putLayer({ ...present, blobDigests: [blob.digest], blobs: [blob] });
    });
  }

  async *#watched(
    layer: LayerRecord,
    chunks: AsyncIterable<Uint8Array>,
    total: number,
  ): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const chunk of chunks) {
      this.#stopIfAborted();
      done += chunk.length;
      this.#report(layer, "downloading", done, total);
      yield chunk;
    }
  }

  #stopIfAborted(): void {
    if (this.signal.aborted) throw new EngineError("CANCELED", "the copy was canceled");
  }

  /** A descriptor that fits is kept as it stands: it may carry annotations. */
  #describe(blob: LayerBlob, own: Descriptor | undefined): Descriptor {
    const mediaType = layerType(this.target.format, blob.compression);
    if (own?.digest === blob.digest && this.#isOwnFormat()) return own;
    const annotations = own?.annotations;
    return {
      mediaType,
      digest: blob.digest,
      size: blob.size,
      ...(annotations === undefined || this.target.format === "docker" ? {} : { annotations }),
    };
  }

  #isOwnFormat(): boolean {
    return (this.target.own.mediaType === MEDIA.dockerManifest ? "docker" : "oci") === this.target.format;
  }

  #report(
    layer: LayerRecord,
    state: Extract<PullProgress, { kind: "blob" }>["state"],
    done: number,
    total: number,
  ): void {
    this.request.progress({ kind: "blob", digest: layer.diffId, what: "layer", done, total, state });
  }
}

/** Repositories that may have the image's blobs. */
export function neighboursOf({ names, repoDigests }: ImageRecord): string[] {
  return [...names, ...repoDigests].map((name) => repositoryOf(parseReference(name)));
}

export function layerType(format: ManifestFormat, compression: LayerBlob["compression"]): string {
  if (format === "docker") return compression === "none" ? MEDIA.dockerLayer : MEDIA.dockerLayerGzip;
  if (compression === "none") return MEDIA.ociLayer;
  return compression === "zstd" ? MEDIA.ociLayerZstd : MEDIA.ociLayerGzip;
}

function layerOf(ctx: ImageContext, image: ImageRecord, chainId: string): LayerRecord {
  const layer = ctx.store.images.layer(chainId);
  if (layer === undefined) throw missing(image, `its layer ${chainId}`);
  return layer;
}

function prefixedReuse(error: unknown, digest: string): unknown {
  if (!(error instanceof EngineError)) return error;
  return new EngineError(error.code, `trying to reuse blob ${digest} at destination: ${error.message}`, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

export function missing(image: ImageRecord, what: string): EngineError {
  return new EngineError("IMAGE_LAYER_INCOMPLETE", `image ${image.id}: ${what} is missing from the store`, {
    hint: "pull the image again",
  });
}
