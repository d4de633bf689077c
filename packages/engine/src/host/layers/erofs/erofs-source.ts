/** The archive of a mounted layer: it stands there as it came. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import type { LayerTar } from "../../../ports/layer-source.ts";
import { layersDirectory } from "../layer-paths.ts";
import { OutputChunk } from "../output-chunk.ts";
import { readRun } from "../read-run.ts";
import { incomplete } from "../skeleton/skeleton-reader.ts";
import { isErrno } from "../../sys/libc.ts";
import { TAR_NAME } from "./layer-files.ts";

export class ErofsLayerSource {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** As LayerSource has it. */
  async open(chainId: string): Promise<LayerTar> {
    const path = `${layersDirectory(this.#root)}/${chainId}/${TAR_NAME}`;
    const fd = openTar(path);
    try {
      const { size } = fstatSync(fd);
      return { size, chunks: streamTar(path, size) };
    } finally {
      closeSync(fd);
    }
  }
}

function openTar(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw incomplete();
    throw error;
  }
}

async function* streamTar(path: string, size: number): AsyncGenerator<Uint8Array> {
  const fd = openTar(path);
  try {
    const out = new OutputChunk();
    const count = yield* readRun(fd, { offset: 0, length: size }, out);
    if (count < size)
      throw new EngineError("IMAGE_LAYER_CHANGED", "the layer's archive is shorter than it was");
    yield* out.rest();
  } finally {
    closeSync(fd);
  }
}
