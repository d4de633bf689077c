/** Where layers go: the boundary behind which they are unpacked files today and mounted images later. */
import type { LayerRecord } from "./image-record.ts";

export interface LayerSink {
  /**
   * Reads a layer's stream (plain, gzip or zstd) to its end. Nothing is visible until `commit`; a stream that
   * throws leaves nothing.
   * @throws IMAGE_LAYER_INVALID naming the layer and the entry.
   */
  stage(request: StageRequest): Promise<StagedLayer>;
  has(chainId: string): Promise<boolean>;
  /** Removes a layer's content; one that is not there is no error. */
  remove(chainId: string): Promise<void>;
  /** chainIDs whose content stands here. */
  list(): Promise<string[]>;
}

export interface StageRequest {
  /** As errors name it: the blob's digest. */
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** A complete layer that has no name yet. Disposing of it removes it, unless it was committed. */
export interface StagedLayer extends AsyncDisposable {
  /** What staged it. */
  readonly sink: LayerRecord["sink"];
  /** Digest of the uncompressed stream, "sha256:…". */
  readonly diffId: string;
  /** Bytes of file data. */
  readonly size: number;
  /**
   * Gives it its name. `parent` (a chainID, "" for the lowest) must stand: a layer that says nothing of its root
   * directory has its parent's.
   */
  commit(chainId: string, parent: string): Promise<void>;
}
