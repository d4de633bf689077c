/** Layers as archives, whichever sink keeps them: what stands in a layer's directory tells. */
import type { LayerSource, LayerTar } from "../../ports/layer-source.ts";
import { DirectoryLayerSource } from "./directory-source.ts";
import { ErofsLayerSource } from "./erofs/erofs-source.ts";
import type { LayerDirectories } from "./layer-directories.ts";

export class StoredLayerSource implements LayerSource {
  readonly #directories: LayerDirectories;
  readonly #unpacked: DirectoryLayerSource;
  readonly #mounted: ErofsLayerSource;

  constructor(root: string, directories: LayerDirectories) {
    this.#directories = directories;
    this.#unpacked = new DirectoryLayerSource(root);
    this.#mounted = new ErofsLayerSource(root);
  }

  async open(chainId: string): Promise<LayerTar> {
    const kind = await this.#directories.kindOf(chainId);
    return await (kind === "erofs" ? this.#mounted : this.#unpacked).open(chainId);
  }
}
