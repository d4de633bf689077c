/** Sink 2: a layer is its archive as it is, and an EROFS image of metadata whose files lie in that archive. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { litter } from "../../../base/litter.ts";
import type { StagedLayer, StageRequest } from "../../../ports/layer-sink.ts";
import { decompress } from "../../../tar/decompress.ts";
import { showName } from "../../../tar/tar-entry.ts";
import { type TarEntry, TarReader } from "../../../tar/tar-reader.ts";
import type { LayerDirectories } from "../layer-directories.ts";
import type { LockedArea, LockedStaging } from "../staging.ts";
import { describeFailure } from "../unpack/describe-failure.ts";
import { refusal } from "../unpack/entry-name.ts";
import { DEVICE, DEVICE_LIMIT } from "./format.ts";
import { ENTRY_LITTER, writeImage } from "./image-writer.ts";
import { IMAGE_NAME, SPARSE_NAME, TAR_NAME } from "./layer-files.ts";
import { patchRoot } from "./root-inode.ts";
import { SequentialFile } from "./sequential-file.ts";
import { SourceChunks } from "./source-chunks.ts";
import { SparseStore } from "./sparse-store.ts";
import { TreeBuilder } from "./tree-builder.ts";

interface Staged {
  readonly diffId: string;
  readonly size: number;
  readonly rootSeen: boolean;
}

export class ErofsSink {
  readonly #staging: LockedStaging;
  readonly #directories: LayerDirectories;

  constructor(staging: LockedStaging, directories: LayerDirectories) {
    this.#staging = staging;
    this.#directories = directories;
  }

  /**
   * As LayerSink has it. All in this process, since nothing is written under a name that the image chose.
   * @throws IMAGE_LAYER_INVALID, CANCELED, or what the stream threw.
   */
  async stage(request: StageRequest): Promise<StagedLayer> {
    const area = await this.#staging.open();
    try {
      const directory = `${area.path}/layer`;
      mkdirSync(directory, { mode: 0o700 });
      return this.#staged(area, await stageIn(directory, request));
    } catch (error) {
      await area[Symbol.asyncDispose]();
      throw error;
    }
  }

  #staged(area: LockedArea, { diffId, size, rootSeen }: Staged): StagedLayer {
    return {
      sink: "erofs",
      diffId,
      size,
      commit: async (chainId, parent) => {
        const directory = `${area.path}/layer`;
        const root = rootSeen || parent === "" ? undefined : await this.#directories.rootOf(parent);
        await patchRoot(`${directory}/${IMAGE_NAME}`, root);
        await this.#directories.place(directory, chainId, area);
      },
      [Symbol.asyncDispose]: () => area[Symbol.asyncDispose](),
    };
  }
}

async function stageIn(directory: string, request: StageRequest): Promise<Staged> {
  const source = new SourceChunks(request.chunks);
  const stage = new Stage(directory, request.signal);
  try {
    return await stage.run(source);
  } catch (error) {
    if (request.signal?.aborted === true) {
      source.stop();
      throw source.failure === undefined
        ? new EngineError("CANCELED", "unpacking was canceled")
        : source.failure.cause;
    }
    // The rest is read all the same, so that a wrong digest is told apart from a bad layer.
    await source.drain();
    if (source.failure !== undefined) throw source.failure.cause;
    const { code, message } = describeFailure(error);
    const entry = stage.current === "" ? "" : `entry ${stage.current}: `;
    throw new EngineError(code, `layer ${request.name}: ${entry}${message}`, { cause: error });
  } finally {
    stage.close();
  }
}

class Stage {
  /** The entry at work, as errors name it. */
  current = "";
  readonly #directory: string;
  readonly #signal: AbortSignal | undefined;
  readonly #tar: SequentialFile;
  readonly #sparse: SparseStore;
  readonly #hash = createHash("sha256");
  readonly #builder = new TreeBuilder(Date.now());

  constructor(directory: string, signal: AbortSignal | undefined) {
    this.#directory = directory;
    this.#signal = signal;
    this.#tar = new SequentialFile(`${directory}/${TAR_NAME}`);
    this.#sparse = new SparseStore(`${directory}/${SPARSE_NAME}`);
  }

  async run(source: SourceChunks): Promise<Staged> {
    const reader = new TarReader(this.#kept(decompress(source)));
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      this.current = showName(entry.header.name);
      await this.#add(entry);
      litter(ENTRY_LITTER);
    }
    this.current = "";
    this.#builder.finish();
    await this.#tar.flush();
    await Promise.all([this.#tar.sync(), this.#sparse.finish(), this.#writeImage()]);
    return {
      diffId: `sha256:${this.#hash.digest("hex")}`,
      size: this.#builder.size,
      rootSeen: this.#builder.rootSeen,
    };
  }

  close(): void {
    this.#tar.close();
    this.#sparse.close();
  }

  /** Writes and hashes what is read of the archive: the write goes on beside the hash and the reading of entries. */
  async *#kept(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#checkSignal();
      if (this.#tar.length + chunk.length > DEVICE_LIMIT) throw refusal("the archive is too large");
      const written = this.#tar.add(chunk);
      try {
        this.#hash.update(chunk);
        yield chunk;
      } finally {
        // A stream may use the chunk's memory again for its next one.
        if (written !== undefined) await written;
      }
    }
  }

  async #add(entry: TarEntry): Promise<void> {
    const { header, segments } = entry;
    const stored = segments.reduce((sum, { length }) => sum + length, 0);
    const inTar = { size: stored, stored, device: DEVICE.tar, offset: entry.offset };
    const sparse = header.type === "file" && stored < header.size && this.#builder.takesData(header);
    const data = sparse
      ? {
          size: header.size,
          stored,
          device: DEVICE.sparse,
          offset: await this.#sparse.add(entry),
          runs: segments,
        }
      : inTar;
    this.#builder.add(header, data);
  }

  async #writeImage(): Promise<void> {
    const devices = [this.#tar.length, ...(this.#sparse.size > 0 ? [this.#sparse.size] : [])];
    const file = new SequentialFile(`${this.#directory}/${IMAGE_NAME}`);
    try {
      await writeImage(this.#builder.tree, file, devices, () => this.#checkSignal());
    } finally {
      file.close();
    }
  }

  #checkSignal(): void {
    if (this.#signal?.aborted === true) throw new EngineError("CANCELED", "unpacking was canceled");
  }
}
