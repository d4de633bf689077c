/** A layer's tar out of its directory and its skeleton, byte for byte as it came. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { LayerSource, LayerTar } from "../../ports/layer-source.ts";
import { isErrno } from "../sys/libc.ts";
import { openPlain } from "../sys/openat2.ts";
import { layerDirectory } from "./layer-paths.ts";
import { OutputChunk } from "./output-chunk.ts";
import { readRun } from "./read-run.ts";
import { SKELETON_NAME } from "./skeleton/format.ts";
import { incomplete, SkeletonReader, type SkeletonPart } from "./skeleton/skeleton-reader.ts";

const PIECE = 1 << 20;

type Content = Extract<SkeletonPart, { kind: "content" }>;

export class DirectoryLayerSource implements LayerSource {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async open(chainId: string): Promise<LayerTar> {
    const directory = layerDirectory(this.#root, chainId);
    const fd = openSkeleton(`${dirname(directory)}/${SKELETON_NAME}`);
    try {
      // Only to fail before anything is sent, and for the size; the stream opens its own.
      const { size } = new SkeletonReader(fd);
      return { size, chunks: streamTar(directory) };
    } finally {
      closeSync(fd);
    }
  }
}

function openSkeleton(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw incomplete();
    throw error;
  }
}

async function* streamTar(directory: string): AsyncGenerator<Uint8Array> {
  const skeletonFd = openSkeleton(`${dirname(directory)}/${SKELETON_NAME}`);
  let rootFd = -1;
  try {
    rootFd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const out = new OutputChunk();
    for (const part of new SkeletonReader(skeletonFd).parts()) {
      if (part.kind === "raw") yield* out.add(part.bytes);
      else yield* part.replaced === undefined ? fromTree(rootFd, part, out) : fromReplaced(part, out);
    }
    yield* out.rest();
  } finally {
    closeSync(skeletonFd);
    if (rootFd >= 0) closeSync(rootFd);
  }
}

async function* fromTree(root: number, part: Content, out: OutputChunk): AsyncGenerator<Uint8Array> {
  const fd = openContent(root, part.path);
  try {
    if (!fstatSync(fd).isFile()) throw changed(part.path, "it is no longer a file");
    for (const run of part.runs) {
      const count = yield* readRun(fd, run, out);
      if (count < run.length) throw changed(part.path, "it is shorter than it was");
    }
  } finally {
    closeSync(fd);
  }
}

function* fromReplaced({ replaced, runs }: Content, out: OutputChunk): Generator<Uint8Array> {
  for (const { offset, length } of runs) {
    for (let done = 0; done < length; done += PIECE) {
      const bytes = replaced?.read(offset + done, Math.min(PIECE, length - done));
      if (bytes !== undefined) yield* out.add(bytes);
    }
  }
}

/** No symlink is followed and nothing but files below the layer is read; a fifo does not make us wait. */
function openContent(root: number, path: Buffer): number {
  try {
    return openPlain(root, path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EXDEV", "ENXIO")) throw changed(path, "it is gone");
    throw error;
  }
}

function changed(path: Buffer, reason: string): EngineError {
  const shown = JSON.stringify(path.toString("utf8"));
  return new EngineError("IMAGE_LAYER_CHANGED", `file ${shown} of the layer was changed: ${reason}`);
}
