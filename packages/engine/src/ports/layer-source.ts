/** Layers as the archives that they came as: what `push` and `save` send, whichever sink keeps them. */
export interface LayerSource {
  /**
   * Byte for byte the uncompressed tar. The reader compares its digest with the diffID: the layer's files may have
   * been changed from outside since.
   * @throws IMAGE_LAYER_INCOMPLETE when the store does not know how the archive was laid out.
   */
  open(chainId: string): Promise<LayerTar>;
}

export interface LayerTar {
  /** Bytes. */
  readonly size: number;
  /** May be read once. @throws IMAGE_LAYER_CHANGED when a file is not what it was. */
  readonly chunks: AsyncIterable<Uint8Array>;
}
