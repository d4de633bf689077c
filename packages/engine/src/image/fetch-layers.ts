/** Brings the layers of an image into the store, side by side, each exactly once however many pulls want it. */
import type { PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor, ImageManifest } from "@podwright/spec/oci-image/types";
import { Slots } from "../base/slots.ts";
import type { LayerBlob } from "../ports/image-record.ts";
import type { ImageSource } from "../ports/image-source.ts";
import type { StagedLayer } from "../ports/layer-sink.ts";
import { type ImageContext, layerLock } from "./context.ts";
import { chainIds, verified } from "./digests.ts";
import { withLock } from "./locked.ts";

/** More connections gain nothing: unpacking is what takes the time. */
const SIDE_BY_SIDE = 3;

export interface LayerPlan {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly chainId: string;
  /** chainID, "" for the lowest. */
  readonly parent: string;
}

export interface FetchOptions {
  readonly source: ImageSource;
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal;
}

/** The lowest layer first. */
export function planLayers(manifest: ImageManifest, diffIds: readonly string[]): LayerPlan[] {
  const chain = chainIds(diffIds);
  return manifest.layers.map((descriptor, index) => ({
    descriptor,
    diffId: diffIds[index] ?? "",
    chainId: chain[index] ?? "",
    parent: chain[index - 1] ?? "",
  }));
}

/** Resolves when all layers stand. The first failure stops the others. */
export async function fetchLayers(
  ctx: ImageContext,
  plans: readonly LayerPlan[],
  options: FetchOptions,
): Promise<void> {
  const stop = new AbortController();
  const giveUp = (): void => stop.abort();
  options.signal?.addEventListener("abort", giveUp, { once: true });
  if (options.signal?.aborted) giveUp();
  const slots = new Slots(SIDE_BY_SIDE);
  const failures: unknown[] = [];
  let below: Promise<void> = Promise.resolve();
  const tasks = plans.map((plan) => {
    const parentStands = below;
    // Only after its parent does a layer get its name: what stands is always a whole stack from below.
    below = new LayerTask(ctx, plan, { ...options, signal: stop.signal }, slots)
      .run(parentStands)
      .catch((error) => {
        failures.push(error);
        giveUp();
        throw error;
      });
    return below;
  });
  await Promise.allSettled(tasks);
  options.signal?.removeEventListener("abort", giveUp);
  if (failures.length > 0) throw failures[0];
}

class LayerTask {
  constructor(
    private readonly ctx: ImageContext,
    private readonly plan: LayerPlan,
    private readonly options: FetchOptions & { readonly signal: AbortSignal },
    private readonly slots: Slots,
  ) {}

  async run(parentStands: Promise<void>): Promise<void> {
    const { ctx, plan, options } = this;
    if (await stands(ctx, plan.chainId)) return this.#report("present", plan.descriptor.size);
    this.#report("waiting", 0);
    const release = await this.slots.take();
    try {
      // Whoever waits here for another pull finds the layer there afterwards.
      const name = layerLock(plan.chainId);
      await withLock(ctx.locks, name, () => this.#bring(parentStands, release), options.signal);
    } finally {
      release();
    }
  }

  async #bring(parentStands: Promise<void>, release: () => void): Promise<void> {
    const { ctx, plan, options } = this;
    if (await stands(ctx, plan.chainId)) return this.#report("present", plan.descriptor.size);
    await using staged = await this.#stage();
    release();
    await parentStands;
    await staged.commit(plan.chainId, plan.parent);
    ctx.store.images.putLayer({
      chainId: plan.chainId,
      diffId: plan.diffId,
      parent: plan.parent,
      ...(options.source.blobsMatchDigests
        ? { blobDigests: [plan.descriptor.digest], blobs: [blobOf(plan.descriptor)] }
        : { blobDigests: [] }),
      size: staged.size,
      sink: staged.sink,
    });
    this.#report("done", plan.descriptor.size);
  }

  async #stage(): Promise<StagedLayer> {
    const { ctx, plan, options } = this;
    if (options.signal.aborted) throw new EngineError("CANCELED", "the pull was canceled");
    const name = plan.descriptor.digest;
    const chunks = verified(options.source.blob(plan.descriptor), plan.descriptor, {
      what: `layer ${name}`,
      digest: options.source.blobsMatchDigests,
      onBytes: (total) => this.#report("downloading", total),
    });
    const staged = await ctx.layers.stage({ name, chunks, signal: options.signal });
    if (staged.diffId === plan.diffId) return staged;
    await staged[Symbol.asyncDispose]();
    throw new EngineError(
      "IMAGE_DIGEST_MISMATCH",
      `layer ${name}: uncompressed digest did not match, the config says ${plan.diffId}, got ${staged.diffId}`,
    );
  }

  #report(state: Extract<PullProgress, { kind: "blob" }>["state"], done: number): void {
    const { digest, size } = this.plan.descriptor;
    this.options.progress({ kind: "blob", digest, what: "layer", done, total: size, state });
  }
}

/** As its media type says. */
export function blobOf({ digest, size, mediaType }: Descriptor): LayerBlob {
  const compression = /[.+]gzip$/.test(mediaType) ? "gzip" : /[.+]zstd$/.test(mediaType) ? "zstd" : "none";
  return { digest, size, compression };
}

/** Recorded, and its content there. */
export async function stands(ctx: ImageContext, chainId: string): Promise<boolean> {
  return ctx.store.images.layer(chainId) !== undefined && (await ctx.layers.has(chainId));
}
