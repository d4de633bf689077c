/** Layers of either kind as directories to look at, in a store of their own. */
import { closeSync, mkdtempSync, rmSync } from "node:fs";
import { LayerStore } from "../src/host/layers/layer-store.ts";
import { layerDirectory, layersDirectory } from "../src/host/layers/layer-paths.ts";
import { mountImage } from "../src/host/layers/erofs/mount-image.ts";
import { canMountLayers } from "../src/host/layers/erofs/probe.ts";
import { LockedStaging } from "../src/host/layers/staging.ts";
import type { LayerRecord } from "../src/ports/image-record.ts";

export type SinkKind = LayerRecord["sink"];

const UNPACK = [process.execPath, `${import.meta.dir}/internal-main.ts`, "internal", "unpack-layer"];
/** On a disk: EROFS takes no file on tmpfs for its backing. */
const DISK = "/var/tmp/podwright-layers-";
/** For directories this is quicker: each layer is synced. */
export const MEMORY = "/dev/shm/podwright-layers-";

export class LayerBench implements Disposable {
  readonly root: string;
  readonly staging: LockedStaging;
  readonly #mounts: number[] = [];

  constructor(place = DISK) {
    this.root = mkdtempSync(place);
    this.staging = new LockedStaging(this.root);
  }

  store(kind: SinkKind): LayerStore {
    return new LayerStore({ root: this.root, staging: this.staging, unpackCommand: UNPACK, kind });
  }

  /** A path to the layer's tree that other processes can use as well, until this is disposed of. */
  tree(kind: SinkKind, chainId: string): string {
    if (kind === "dir") return layerDirectory(this.root, chainId);
    const mount = mountImage(`${layersDirectory(this.root)}/${chainId}`);
    this.#mounts.push(mount);
    return `/proc/${process.pid}/fd/${mount}/.`;
  }

  [Symbol.dispose](): void {
    for (const mount of this.#mounts) closeSync(mount);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The kinds that can be looked at here: a kernel without file-backed EROFS has only directories. */
export async function sinkKinds(): Promise<SinkKind[]> {
  using bench = new LayerBench();
  return (await canMountLayers(bench.root, bench.staging)) ? ["dir", "erofs"] : ["dir"];
}
