/** The layers of a store, of both kinds: new ones as the host can, those that stand as they are. */
import type { LayerRecord } from "../../ports/image-record.ts";
import type { LayerSink, StagedLayer, StageRequest } from "../../ports/layer-sink.ts";
import { LayerDirectories } from "./layer-directories.ts";
import type { LockedStaging } from "./staging.ts";

type Kind = LayerRecord["sink"];

export interface LayerStoreOptions {
  readonly root: string;
  readonly staging: LockedStaging;
  /** Starts the confined process of the directory sink; the directory is added to it. */
  readonly unpackCommand: readonly string[];
  /** The kind of new layers; undefined: what the host can. */
  readonly kind?: Kind | undefined;
}

export class LayerStore implements LayerSink {
  readonly directories: LayerDirectories;
  readonly #options: LayerStoreOptions;
  #kind: Promise<Kind> | undefined;

  constructor(options: LayerStoreOptions) {
    this.#options = options;
    this.directories = new LayerDirectories(options.root, options.staging);
  }

  /** Both sinks are loaded by those that fetch layers: most commands do not. */
  async stage(request: StageRequest): Promise<StagedLayer> {
    const { root, staging, unpackCommand } = this.#options;
    this.#kind ??= this.#choose();
    if ((await this.#kind) === "erofs") {
      const { ErofsSink } = await import("./erofs/erofs-sink.ts");
      return await new ErofsSink(staging, this.directories).stage(request);
    }
    const { DirectorySink } = await import("./directory-sink.ts");
    return await new DirectorySink(root, staging, unpackCommand).stage(request);
  }

  async #choose(): Promise<Kind> {
    const { root, staging, kind } = this.#options;
    if (kind !== undefined) return kind;
    const { canMountLayers } = await import("./erofs/probe.ts");
    return (await canMountLayers(root, staging)) ? "erofs" : "dir";
  }

  async has(chainId: string): Promise<boolean> {
    return (await this.directories.kindOf(chainId)) !== undefined;
  }

  remove(chainId: string): Promise<void> {
    return this.directories.remove(chainId);
  }

  list(): Promise<string[]> {
    return this.directories.list();
  }
}
