/** A layer's uncompressed tar on its way out, held to the digest that the image's configuration has of it. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { createHash } from "node:crypto";
import type { LayerRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";

export interface OpenLayerTar {
  readonly size: number;
  /** The bytes from the start; they end with an error unless they are the layer's. */
  open(): AsyncIterable<Uint8Array>;
}

/** @throws IMAGE_LAYER_INCOMPLETE */
export async function openLayerTar(
  ctx: Pick<ImageContext, "layerTars">,
  layer: LayerRecord,
): Promise<OpenLayerTar> {
  try {
    const { size } = await ctx.layerTars.open(layer.chainId);
    return { size, open: () => checked(ctx, layer) };
  } catch (error) {
    throw named(error, layer);
  }
}

async function* checked(
  ctx: Pick<ImageContext, "layerTars">,
  layer: LayerRecord,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  try {
    const { chunks } = await ctx.layerTars.open(layer.chainId);
    // One chunk is held back: what is wrong must not end as if it were whole.
    let last: Uint8Array | undefined;
    for await (const chunk of chunks) {
      hash.update(chunk);
      if (last !== undefined) yield last;
      last = chunk;
    }
    const actual = `sha256:${hash.digest("hex")}`;
    if (actual !== layer.diffId) {
      throw new EngineError(
        "IMAGE_LAYER_CHANGED",
        `its files were changed in the store: the digest is ${actual}, not ${layer.diffId}`,
      );
    }
    if (last !== undefined) yield last;
  } catch (error) {
    throw named(error, layer);
  }
}

function named(error: unknown, layer: LayerRecord): unknown {
  if (!isEngineError(error, "IMAGE_LAYER_INCOMPLETE", "IMAGE_LAYER_CHANGED")) return error;
  return new EngineError(error.code, `layer ${layer.diffId}: ${error.message}`, {
    cause: error,
    hint: error.hint ?? "remove the image (rmi) and pull it again",
  });
}
